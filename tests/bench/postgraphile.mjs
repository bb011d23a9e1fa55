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
import { pgSmartTags } from "postgraphile/utils";
import { POOL, SESSION, SETTINGS, logged } from "./scope.mjs";

// What nobody asks for is left out, because names that are made of it collide.
const TABLES = ["organisation", "course", "course_trainer", "trainer"];
const LINKS = {
  course_deliverer: { fieldName: "organisation", foreignFieldName: "courses" },
  course_trainer_course: { fieldName: "course", foreignFieldName: "courseTrainers" },
  course_trainer_trainer: { fieldName: "trainer", foreignFieldName: "courseTrainers" },
};
const tags = pgSmartTags([
  { kind: "class", match: (table) => !TABLES.includes(table.relname), tags: { behavior: "-*" } },
  { kind: "class", match: "licence_condition", tags: { name: "licence_term" } },
  {
    kind: "constraint",
    match: (link) => link.contype === "f" && (!TABLES.includes(link.getClass().relname) || !(link.conname in LINKS)),
    tags: { behavior: "-*" },
  },
  ...Object.entries(LINKS).map(([name, tags]) => ({ kind: "constraint", match: (link) => link.conname === name, tags })),
]);

const [port, processes] = process.argv.slice(2).map(Number);

if (processes > 1 && cluster.isPrimary) {
  for (let n = 0; n < processes; n++) cluster.fork();
  process.on("SIGTERM", () => process.exit(0));
} else {
  const preset = {
    plugins: [tags],
    // The peer may filter by what has no index of its own, as everybody else does.
    disablePlugins: ["PgIndexBehaviorsPlugin"],
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
