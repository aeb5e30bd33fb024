// Shows an account and verifies its receipts, by WebCrypto and nothing else. No library, nothing stored.
//
// A receipt is good if its signature verifies under a published key, if every value that the page shows is
// the one that was signed, if its id is the one that customer and number make, and if it names the digest of
// the receipt before it. Anything that cannot be checked is shown as not verified, never as good.
"use strict";

const RECEIPT_TAG = "billproof/receipt/v1\n";
const RECEIPT_ID_TAG = "billproof/receipt-id/v1\n";
const PAGE = 100;
const SHOWN = ["amount", "balance_after", "commit_time", "currency", "entitlement", "event_time",
  "idempotency_key", "kind", "period", "receipt_id", "seq", "status"];
const state = { token: "", customer: "", keys: null, entries: [], next: 0 };
const byId = (name) => document.getElementById(name);
const utf8 = new TextEncoder();

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

async function ask(path) {
  const reply = await fetch(path, { headers: { Authorization: `Bearer ${state.token}` }, cache: "no-store" });
  const document = await reply.json();
  if (!reply.ok) throw new Error(`${document.title} (${document.code})`);
  return document;
}

function bytesOf(text) {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) throw new Error("is not base64url");
  const padded = text.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(text.length / 4) * 4, "=");
  const bytes = Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
  const again = btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  if (again !== text) throw new Error("is not canonical base64url");
  return bytes;
}

async function digestOf(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function taggedDigest(tag, bytes) {
  const head = utf8.encode(tag);
  const whole = new Uint8Array(head.length + bytes.length);
  whole.set(head);
  whole.set(bytes, head.length);
  return digestOf(whole);
}

async function loadKeys() {
  const published = await (await fetch("/.well-known/jwks.json")).json();
  const keys = new Map();
  for (const key of published.keys) {
    if (key.kty !== "RSA" || key.alg !== "RS256") continue;
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    const plain = { kty: key.kty, n: key.n, e: key.e, alg: key.alg, ext: true };
    keys.set(key.kid, await crypto.subtle.importKey("jwk", plain, algorithm, false, ["verify"]));
  }
  return keys;
}

// Returns the digest of a good receipt; throws an error that says what is wrong with any other.
async function verify(entry, before) {
  const parts = entry.receipt.split(".");
  if (parts.length !== 3) throw new Error("the receipt is not three parts");
  const header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(parts[0])));
  if (header.alg !== "RS256") throw new Error("not signed with RS256");
  const key = state.keys.get(header.kid);
  if (!key) throw new Error("signed by a key that is not published");
  const signed = utf8.encode(`${parts[0]}.${parts[1]}`);
  const isGood = await crypto.subtle.verify("RSASSA-PKCS1-v1_5", key, bytesOf(parts[2]), signed);
  if (!isGood) throw new Error("the signature does not verify");
  const payload = bytesOf(parts[1]);
  const body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  if (body.key_id !== header.kid) throw new Error("names another key than it is signed with");
  if (body.chain !== state.customer || entry.customer !== state.customer) throw new Error("belongs to another customer");
  const other = SHOWN.find((name) => body[name] !== entry[name]);
  if (other) throw new Error(`${other} is not what was signed`);
  const id = await taggedDigest(RECEIPT_ID_TAG, utf8.encode(JSON.stringify([body.chain, body.seq])));
  if (body.receipt_id !== `r-${id.slice(0, 32)}`) throw new Error("its id is not that of its place");
  const digest = await taggedDigest(RECEIPT_TAG, payload);
  if (before) {
    if (before.seq + 1 !== entry.seq) throw new Error(`number ${before.seq + 1} is missing before it`);
    if (before.digest !== body.prev) throw new Error("does not follow the receipt before it");
  } else if (body.seq === 1 && body.prev !== "0".repeat(64)) {
    throw new Error("does not begin a chain");
  }
  return digest;
}

async function check(place) {
  const cell = state.entries[place].cell;
  const entry = state.entries[place].entry;
  let before = null;
  try {
    if (place > 0) {
      const previous = state.entries[place - 1].entry;
      before = { seq: previous.seq, digest: await taggedDigest(RECEIPT_TAG, bytesOf(previous.receipt.split(".")[1])) };
    }
    await verify(entry, before);
    cell.replaceChildren(element("span", "verified", "mark good"));
    return true;
  } catch (error) {
    cell.replaceChildren(element("span", `not verified: ${error.message}`, "mark bad"));
    return false;
  }
}

function showUsage(usage) {
  byId("balance").textContent = usage.balance;
  byId("currency").textContent = usage.currency;
  const below = usage.account === "credit" ? `may owe up to ${usage.credit_limit} ${usage.currency}` : "never below zero";
  byId("terms").textContent = `A ${usage.account} account, ${below}. Quota ${usage.quota} per entitlement and month, never above ${usage.limit}.`;
  const body = byId("usage").tBodies[0];
  body.replaceChildren();
  for (const row of usage.rows) {
    const line = element("tr");
    line.append(element("td", row.entitlement, "text"), element("td", row.period), element("td", row.used, "number"),
      element("td", row.quota, "number"), element("td", row.limit, "number"));
    const cell = element("td");
    // The bar is for the eye only; the figures beside it are exact.
    const bar = element("progress");
    bar.max = Number(row.limit) || 1;
    bar.value = Number(row.used);
    bar.title = `${row.remaining} remaining`;
    cell.append(bar);
    if (row.is_held) cell.append(element("span", "held", "held"));
    line.append(cell);
    body.append(line);
  }
  byId("no-usage").hidden = usage.rows.length > 0;
}

function showEntries(entries) {
  const body = byId("chain").tBodies[0];
  for (const entry of entries) {
    const line = element("tr", undefined, entry.kind === "refusal" ? "refused" : "");
    const place = state.entries.length;
    const cell = element("td");
    const button = element("button", "Verify this receipt");
    button.type = "button";
    button.addEventListener("click", () => check(place));
    cell.append(button);
    const kind = entry.kind === "refusal" ? `refused: ${entry.status.replaceAll("_", " ")}` : entry.kind.replaceAll("_", " ");
    line.append(element("td", String(entry.seq), "number"), element("td", kind),
      element("td", entry.entitlement, "text"), element("td", `${entry.amount} ${entry.currency}`, "number"),
      element("td", entry.balance_after, "number"), element("td", entry.commit_time.slice(0, 19).replace("T", " ")), cell);
    line.dataset.receipt = entry.receipt_id;
    body.append(line);
    state.entries.push({ entry, cell });
  }
}

async function loadEntries() {
  const page = await ask(`/v1/customers/${encodeURIComponent(state.customer)}/ledger?after=${state.next}&limit=${PAGE}`);
  showEntries(page.entries);
  state.next = page.next ?? 0;
  byId("more").hidden = page.next === null;
}

async function open(event) {
  event.preventDefault();
  const problem = byId("problem");
  problem.hidden = true;
  state.token = byId("token").value.trim();
  state.customer = byId("customer").value.trim();
  state.entries = [];
  state.next = 0;
  byId("chain").tBodies[0].replaceChildren();
  byId("summary").textContent = "";
  try {
    state.keys = await loadKeys();
    showUsage(await ask(`/v1/customers/${encodeURIComponent(state.customer)}/usage`));
    await loadEntries();
    for (const name of ["account", "receipts", "dispute"]) byId(name).hidden = false;
  } catch (error) {
    for (const name of ["account", "receipts", "dispute"]) byId(name).hidden = true;
    problem.textContent = error.message;
    problem.hidden = false;
  }
}

async function verifyAll() {
  let good = 0;
  for (let place = 0; place < state.entries.length; place += 1) good += (await check(place)) ? 1 : 0;
  const bad = state.entries.length - good;
  byId("summary").className = bad ? "mark bad" : "mark good";
  byId("summary").textContent = bad ? `${bad} of ${state.entries.length} not verified` : `all ${good} verified`;
}

function showFact(list, name, value) {
  list.append(element("dt", name.replaceAll("_", " ")));
  const detail = element("dd");
  if (value !== null && typeof value === "object") detail.append(element("pre", JSON.stringify(value, null, 2)));
  else detail.textContent = String(value);
  list.append(detail);
}

async function showDispute(event) {
  event.preventDefault();
  const problem = byId("dispute-problem");
  problem.hidden = true;
  byId("evidence").hidden = true;
  try {
    const wanted = `${byId("dispute-receipt").value.trim()}.${byId("dispute-claim").value}`;
    const found = await ask(`/v1/disputes/${encodeURIComponent(wanted)}`);
    byId("verdict").textContent = `${found.verdict}: ${found.meaning}`;
    byId("verdict").className = found.verdict === "UPHELD" ? "mark good" : "mark bad";
    byId("reasons").replaceChildren(...found.reasons.map((reason) => element("li", reason.text)));
    byId("facts").replaceChildren();
    for (const [name, value] of Object.entries(found.evidence)) showFact(byId("facts"), name, value);
    byId("evidence").hidden = false;
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
  }
}

byId("token-form").addEventListener("submit", open);
byId("verify-all").addEventListener("click", verifyAll);
byId("more").addEventListener("click", () => loadEntries());
byId("dispute-form").addEventListener("submit", showDispute);
