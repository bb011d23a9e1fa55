// PostGraphile on the benchmark's database.
//
//   node postgraphile.mjs PORT PROCESSES      reads BENCH_APP
import cluster from "node:cluster";
import { createServer } from "node:http";
import { grafserv } from "postgraphile/grafserv/node";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";
import { postgraphile } from "postgraphile";
import { POOL, SESSION, SETTINGS, logged } from "./scope.mjs";

const [port, processes] = process.argv.slice(2).map(Number);

if (processes > 1 && cluster.isPrimary) {
  for (let n = 0; n < processes; n++) cluster.fork();
  process.on("SIGTERM", () => process.exit(0));
} else {
  const preset = {
    extends: [PostGraphileAmberPreset, PostGraphileConnectionFilterPreset],
    pgServices: [
      makePgService({
        connectionString: `${process.env.BENCH_APP}?options=${encodeURIComponent(SESSION)}`,
        schemas: ["public"],
        poolConfig: { max: POOL / processes },
      }),
    ],
    grafast: { context: () => ({ pgSettings: SETTINGS }), explain: false },
    grafserv: { port, graphiql: false, watch: false, websockets: false },
    schema: { defaultBehavior: "connection -list" },
  };
  const pgl = postgraphile(preset);
  const server = createServer();
  server.on("request", logged);
  await pgl.createServ(grafserv).addTo(server);
  server.listen(port, "127.0.0.1");
}
