// Signs the tokens of the benchmark and names their accounts.
//
//   node issuer.mjs FOLDER     writes keys.json, tokens.json and accounts.sql there
//
// A quality lead, who sees everything, and one coordinator for each of the first organisations.
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const ISSUER = "https://bench.alongside.invalid/";
const COORDINATORS = 64;
// The service derives an account's id from issuer and subject in this namespace.
const NAMESPACE = Buffer.from("2d6a41f37c0e4b58a1d95e9013cf88b2", "hex");

function accountId(subject) {
  const hash = createHash("sha1").update(NAMESPACE).update(`${ISSUER}\n${subject}`).digest();
  hash[6] = (hash[6] & 0x0f) | 0x50;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  return hash.subarray(0, 16).toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

function token(subject) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, aud: "alongside", sub: subject, iat: now, exp: now + 86400, jti: `bench-${subject}` };
  const text = `${encoded({ alg: "ES256", kid: "bench", typ: "at+jwt" })}.${encoded(claims)}`;
  const signature = sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}

const folder = process.argv[2];
const accounts = [["quality-lead", "NQL", "null"]];
for (let n = 1; n <= COORDINATORS; n++) accounts.push([`coordinator-${n}`, "PCO", n]);

const account = accountId(`coordinator-${COORDINATORS}`);
const gateway = randomBytes(32).toString("base64url");
const gatewayHash = createHash("sha256").update(gateway).digest("hex");
const keys = { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "bench", use: "sig", alg: "ES256" }] };
writeFileSync(join(folder, "keys.json"), JSON.stringify(keys));
const [first, ...rest] = accounts.map(([subject]) => token(subject));
writeFileSync(join(folder, "tokens.json"), JSON.stringify({ nation: first, coordinators: rest, gateway, gatewayHash, account }));
const rows = accounts.map(
  ([subject, role, organisation]) => `('${accountId(subject)}', '${subject}', '${role}', ${organisation})`,
);
writeFileSync(
  join(folder, "accounts.sql"),
  `create table bench_accounts (id uuid, subject text, role text, organisation int);\n` +
    `insert into bench_accounts values\n${rows.join(",\n")};\n`,
);
