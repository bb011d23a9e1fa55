// Apollo Server with dataloader, as its documentation shows it, on the benchmark's database.
//
//   node apollo.mjs PORT      reads BENCH_APP
import { createServer } from "node:http";
import { ApolloServer, HeaderMap } from "@apollo/server";
import DataLoader from "dataloader";
import pg from "pg";
import { POOL, SESSION, SETTINGS, logged } from "./scope.mjs";

const typeDefs = `
  scalar Date
  scalar _Any
  enum CourseMode { ONLINE IN_PERSON HYBRID }
  enum Direction { ASC DESC }
  enum CourseOrderField { STARTS_ON }
  input CourseOrder { field: CourseOrderField! direction: Direction! = ASC }
  input CourseModeFilter { eq: CourseMode }
  input DateFilter { from: Date before: Date }
  input CourseWhere { mode: CourseModeFilter startsOn: DateFilter }
  input OrganisationBy { id: ID }
  union _Entity = Organisation
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type Trainer { id: ID! preferredName: String! }
  type Course {
    id: ID! code: String! startsOn: Date! endsOn: Date! state: String! mode: CourseMode! capacityMax: Int!
    organisation: Organisation! trainers: [Trainer!]!
  }
  type CourseEdge { cursor: String! node: Course! }
  type CourseConnection { nodes: [Course!]! edges: [CourseEdge!]! pageInfo: PageInfo! }
  type Organisation {
    id: ID! currentName: String! kind: String! status: String! version: Int!
    courses(first: Int! = 20): CourseConnection!
  }
  type OrganisationEdge { cursor: String! node: Organisation! }
  type OrganisationConnection { nodes: [Organisation!]! edges: [OrganisationEdge!]! pageInfo: PageInfo! }
  type Query {
    organisation(by: OrganisationBy!): Organisation
    organisations(first: Int! = 20): OrganisationConnection!
    courses(first: Int! = 20, where: CourseWhere, orderBy: [CourseOrder!]): CourseConnection!
    _entities(representations: [_Any!]!): [_Entity]!
  }
`;

const pool = new pg.Pool({ connectionString: process.env.BENCH_APP, options: SESSION, max: POOL });
// Days stay the text that they are.
pg.types.setTypeParser(1082, (text) => text);
const settings = Object.entries(SETTINGS).map(([name, value]) => `set_config('${name}','${value}',true)`);
const BEGIN = `begin isolation level repeatable read read only;select ${settings.join(",")}`;

const ORGANISATION = `id, name as "currentName", kind, status, version`;
const COURSE = `id, organisation_id, code, start_on as "startsOn", end_on as "endsOn", state, mode, capacity_max as "capacityMax"`;

const global = (prefix, id) => `${prefix}_${id.replaceAll("-", "")}`;
const plain = (text) => text.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
const connection = (rows, first, cursor) => {
  const nodes = rows.slice(0, first);
  const edges = () => nodes.map((node) => ({ cursor: cursor(node), node }));
  const last = nodes.at(-1);
  return { nodes, edges, pageInfo: { hasNextPage: rows.length > first, endCursor: last ? cursor(last) : null } };
};
const byName = (row) => `${row.currentName}:${row.id}`;
const byDay = (row) => `${row.startsOn}:${row.id}`;

/** One operation: its transaction, begun when first needed, and its loaders. */
class Operation {
  async query(name, text, values) {
    this.client ??= pool.connect().then(async (client) => {
      await client.query(BEGIN);
      return client;
    });
    const client = await this.client;
    return (await client.query({ name, text, values })).rows;
  }

  async end() {
    const client = await this.client;
    if (!client) return;
    await client.query("rollback");
    client.release();
  }

  organisations = new DataLoader(async (ids) => {
    const rows = await this.query("organisations", `select ${ORGANISATION} from organisation where id = any($1::uuid[])`, [ids]);
    const found = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => found.get(id) ?? null);
  });

  courses = new DataLoader(
    async (keys) => {
      const rows = await this.query(
        "courses-of",
        `select c.* from unnest($1::uuid[]) as p(id), lateral (select ${COURSE} from course
           where organisation_id = p.id order by start_on, id limit $2) c order by c.organisation_id, c."startsOn", c.id`,
        [keys.map((key) => key.of), keys[0].first + 1],
      );
      const found = Map.groupBy(rows, (row) => row.organisation_id);
      return keys.map((key) => found.get(key.of) ?? []);
    },
    { cacheKeyFn: (key) => `${key.of}:${key.first}` },
  );

  trainers = new DataLoader(async (ids) => {
    const rows = await this.query(
      "trainers-of",
      `select x.course_id, r.id, r.name as "preferredName" from course_trainer x join trainer r on r.id = x.trainer_id
         where x.course_id = any($1::uuid[]) order by x.course_id, r.name, r.id`,
      [ids],
    );
    const found = Map.groupBy(rows, (row) => row.course_id);
    return ids.map((id) => found.get(id) ?? []);
  });
}

const resolvers = {
  _Entity: { __resolveType: () => "Organisation" },
  Query: {
    organisation: (_, { by }, { op }) => op.organisations.load(plain(by.id)),
    async organisations(_, { first }, { op }) {
      const text = `select ${ORGANISATION} from organisation order by name, id limit $1`;
      return connection(await op.query("organisations-page", text, [first + 1]), first, byName);
    },
    async courses(_, { first, where }, { op }) {
      const text = `select ${COURSE} from course where ($2::text is null or mode = $2)
        and ($3::date is null or start_on >= $3) and ($4::date is null or start_on < $4)
        order by start_on, id limit $1`;
      const values = [first + 1, where?.mode?.eq, where?.startsOn?.from, where?.startsOn?.before];
      return connection(await op.query("courses-page", text, values), first, byDay);
    },
    _entities: (_, { representations }, { op }) => representations.map(({ id }) => op.organisations.load(plain(id))),
  },
  Organisation: {
    id: (row) => global("org", row.id),
    courses: async (row, { first }, { op }) => connection(await op.courses.load({ of: row.id, first }), first, byDay),
  },
  Course: {
    id: (row) => global("crs", row.id),
    organisation: (row, _, { op }) => op.organisations.load(row.organisation_id),
    trainers: (row, _, { op }) => op.trainers.load(row.id),
  },
  Trainer: { id: (row) => global("trn", row.id) },
};

const apollo = new ApolloServer({
  typeDefs,
  resolvers,
  introspection: false,
  plugins: [{ requestDidStart: async () => ({ willSendResponse: ({ contextValue }) => contextValue.op.end() }) }],
});
await apollo.start();

const server = createServer(async (request, response) => {
  logged(request, response);
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = new HeaderMap(Object.entries(request.headers));
  const httpGraphQLRequest = { method: request.method, headers, search: "", body: JSON.parse(Buffer.concat(chunks)) };
  const answer = await apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: async () => ({ op: new Operation() }) });
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  response.statusCode = answer.status ?? 200;
  response.end(answer.body.string);
});
server.listen(Number(process.argv[2]), "127.0.0.1");
