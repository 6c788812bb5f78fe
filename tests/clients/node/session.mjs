// The client for Node.js, asked as scripts/bi/session.py is: node session.mjs FILE QUERIES, where
// QUERIES is JSON, by question.
import {createInterface} from "node:readline";
import {createRequire} from "node:module";

const [path, queries] = process.argv.slice(2);
// Its packages lie where the process is started.
const {DuckDBInstance} = createRequire(`${process.cwd()}/`)("@duckdb/node-api");
let instance, connection;

async function answer(question) {
  if (question === "open") {
    connection?.closeSync();
    instance?.closeSync();
    instance = await DuckDBInstance.create(path, {access_mode: "READ_ONLY"});
    connection = await instance.connect();
    return [];
  }
  const result = await connection.runAndReadAll(JSON.parse(queries)[question]);
  const rows = result.getRowsJson();
  return question === "figures" ? rows[0] : rows.map(([value]) => value);
}

for await (const line of createInterface({input: process.stdin})) {
  let said;
  try {
    said = {answer: await answer(line.trim())};
  } catch (error) {
    said = {error: String(error.message)};
  }
  console.log(JSON.stringify(said));
}
