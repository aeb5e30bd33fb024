-- The tables that the published package writes to; the package ships none. Written from the statements in its
-- metering module and the properties that its page claims: numeric(18,4), a balance that is never negative,
-- one entry per tenant and key. "position" is ours: it tells in which order rows were written.

CREATE TABLE credit_balance (
    tenant_id  text PRIMARY KEY,
    credits    numeric(18, 4) NOT NULL CHECK (credits >= 0),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE credit_ledger (
    id              text PRIMARY KEY,
    tenant_id       text NOT NULL,
    delta           numeric(18, 4) NOT NULL,
    reason          text NOT NULL,
    idempotency_key text,
    balance_after   numeric(18, 4) NOT NULL,
    position        bigserial,
    UNIQUE (tenant_id, idempotency_key)
);
