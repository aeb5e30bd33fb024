-- One account, one row; its entries form one chain. Balance, usage and standings are sums over the entries
-- and are moved by the transaction that writes the entry.

CREATE TABLE accounts (
    customer       text PRIMARY KEY,
    currency       text NOT NULL,
    balance        numeric NOT NULL,
    account_kind   text NOT NULL CHECK (account_kind IN ('prepaid', 'credit')),
    credit_limit   numeric NOT NULL CHECK (credit_limit >= 0),
    quota          numeric NOT NULL CHECK (quota >= 0),
    usage_limit    numeric NOT NULL CHECK (usage_limit >= quota),
    first_period   text NOT NULL,
    closed_through text NOT NULL DEFAULT '',
    holds          integer NOT NULL DEFAULT 0,
    head_seq       bigint NOT NULL,
    head_digest    text NOT NULL,
    head_time      bigint NOT NULL
);

CREATE TABLE entries (
    customer        text NOT NULL,
    seq             bigint NOT NULL CHECK (seq >= 1),
    kind            text NOT NULL,
    status          text NOT NULL,
    idempotency_key text NOT NULL,
    fingerprint     text NOT NULL,
    amount          numeric NOT NULL,
    currency        text NOT NULL,
    entitlement     text NOT NULL,
    period          text NOT NULL,
    refers_to       bigint,
    commit_time     bigint NOT NULL,
    balance_after   numeric NOT NULL,
    digest          text NOT NULL,
    body            text NOT NULL,
    jws             text NOT NULL,
    log_index       bigint UNIQUE,
    PRIMARY KEY (customer, seq),
    CONSTRAINT one_entry_per_key UNIQUE (customer, idempotency_key)
);

CREATE INDEX entries_by_reference ON entries (customer, refers_to);

CREATE TABLE usage_rows (
    customer      text NOT NULL,
    entitlement   text NOT NULL,
    period        text NOT NULL,
    used          numeric NOT NULL CHECK (used >= 0),
    held_at_limit numeric,
    PRIMARY KEY (customer, entitlement, period)
);

CREATE TABLE standings (
    customer text NOT NULL,
    seq      bigint NOT NULL,
    returned numeric NOT NULL CHECK (returned >= 0),
    disputed numeric NOT NULL CHECK (disputed >= 0),
    ended    boolean NOT NULL,
    PRIMARY KEY (customer, seq)
);

CREATE TABLE checkpoints (
    size bigint PRIMARY KEY,
    note text NOT NULL,
    heads text NOT NULL
);
