// What every target does besides its work: the same settings of row security, time limits, log lines.

/** The settings that a quality lead's transaction has. */
export const SETTINGS = {
  "app.kind": "national",
  "app.account": "",
  "app.purpose": "",
  "app.organisations": "{}",
  "app.regions": "{}",
  "app.courses": "{}",
  "app.persons": "{}",
};

/** Connections of one target, of all of its processes together. */
export const POOL = 10;

/** Settings of a session: every transaction is one moment and cannot write. */
export const SESSION =
  "-c default_transaction_isolation=repeatable\\ read -c default_transaction_read_only=on " +
  "-c statement_timeout=30000 -c lock_timeout=30000 -c idle_in_transaction_session_timeout=30000";

/** Writes one line for each request. */
export function logged(request, response) {
  const began = performance.now();
  response.on("finish", () => {
    const ms = Math.round((performance.now() - began) * 1000) / 1000;
    process.stderr.write(
      `${JSON.stringify({ at: new Date().toISOString(), level: "info", path: request.url, status: response.statusCode, ms })}\n`,
    );
  });
}
