// An adapter in Node: billproof conform 'exec:node adapter.mjs' --claim CORE@L1
//
// `product` is a stand-in for your product: replace its functions by calls of the real one. stdout is the
// protocol's alone; log with console.error. Money is a decimal string; here it is kept as BigInt cents.

import { createInterface } from "node:readline";

const product = { accounts: new Map(), answers: new Map() };

const cents = (text) => {
  const [, sign, whole, decimals = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  const value = BigInt(whole + decimals.padEnd(2, "0").slice(0, 2));
  return sign ? -value : value;
};

const shown = (value) => {
  const digits = String(value < 0n ? -value : value).padStart(3, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};

const ok = (value) => ({ outcome: "ok", value });
const rejected = (code) => ({ outcome: "rejected", code });

function charge(args, key) {
  const account = product.accounts.get(args.customer);
  const name = JSON.stringify([args.customer, key]);
  const request = JSON.stringify(args, Object.keys(args).sort());
  const stored = product.answers.get(name);
  if (stored) return stored.request === request ? stored.answer : rejected("KEY_REUSED");
  const amount = cents(args.amount);
  if (amount < 0n) return rejected("BAD_AMOUNT");
  if (args.currency !== account.currency) return rejected("BAD_CURRENCY");
  let answer;
  if (account.balance - amount < -account.credit) {
    answer = rejected("INSUFFICIENT_BALANCE");
  } else {
    account.balance -= amount;
    const id = `${args.customer}-${account.entries.length + 1}`;
    account.entries.push({ id, kind: "debit", key, amount: shown(amount), currency: account.currency });
    answer = ok({ id });
  }
  product.answers.set(name, { request, answer });
  return answer;
}

const commands = {
  hello: () => ({
    protocol: 1,
    implementation: { name: "toy-node", version: "1", language: "JavaScript" },
    capabilities: {
      operations: ["charge"], observations: ["balance", "ledger"], clock: "none", concurrent: true,
      balance: "floor",
    },
    choices: { duplicate: "replay", refusals: "stored" },
    limits: { max_in_flight: 4, money_scale: 2 },
  }),
  reset: ({ world }) => {
    for (const { customer, currency, balance, credit_limit } of world.accounts) {
      const account = { currency, balance: cents(balance), credit: cents(credit_limit), entries: [] };
      product.accounts.set(customer, account);
    }
    return { ok: true, world: world.id };
  },
  op: ({ op, args, idem }) => (op === "charge" ? charge(args, idem) : { outcome: "unsupported" }),
  observe: ({ what, args }) => {
    const account = product.accounts.get(args.customer);
    if (!account) return { outcome: "unsupported" };
    if (what === "balance") return ok({ balance: shown(account.balance), currency: account.currency });
    if (what === "ledger") return ok({ entries: account.entries });
    return { outcome: "unsupported" };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.cmd === "bye") break;
  const reply = commands[message.cmd]?.(message) ?? { outcome: "unsupported" };
  process.stdout.write(`${JSON.stringify({ ...reply, seq: message.seq })}\n`);
}
process.exit(0);
