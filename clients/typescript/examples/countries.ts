/** Facts about countries: a CSV file in a SQLite database, and questions in English as queries of it. */
import { Database } from "bun:sqlite";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const FILE = join(import.meta.dir, "../../data/countries.csv");

/** What can be asked of a country, and how it is told. */
const MEASURES = {
  density: { sql: "population / area_km2", unit: "people per km²", words: /densit|dense|crowded/ },
  area: { sql: "area_km2", unit: "km²", words: /\barea\b|large|big|small|size/ },
  population: { sql: "population", unit: "people", words: /populat|populous|people|inhabitants|live\b/ },
} as const;

export type Measure = keyof typeof MEASURES;

/** A question, understood. */
export interface Question {
  readonly kind: "capital" | "count" | "list" | "sum" | "average" | "rank" | "values";
  readonly measure: Measure;
  readonly countries: readonly string[];
  readonly continents: readonly string[];
  /** With `rank`: how many, and whether the highest come first. */
  readonly most: number;
  readonly highest: boolean;
}

export interface Query {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

export type Row = Readonly<Record<string, string | number>>;

/** Reads the file into a database of this process. */
export function openCountries(): Database {
  const database = new Database(":memory:");
  database.run("CREATE TABLE countries (country TEXT, capital TEXT, continent TEXT, area_km2 REAL, population REAL)");
  const insert = database.prepare("INSERT INTO countries VALUES (?, ?, ?, ?, ?)");
  const [, ...lines] = readFileSync(FILE, "utf8").trim().split("\n");
  database.transaction(() => lines.forEach((line) => insert.run(...line.split(","))))();
  return database;
}

function named(database: Database, column: "country" | "continent" | "capital", text: string): readonly string[] {
  const names = database.query(`SELECT DISTINCT ${column} AS name FROM countries`).values().map(([name]) => String(name));
  const at = (name: string): number => text.search(new RegExp(`\\b${name.toLowerCase()}\\b`));
  return names.filter((name) => at(name) >= 0).sort((a, b) => at(a) - at(b));
}

/** Understands a question; null where it is about something else. */
export function understand(database: Database, question: string): Question | null {
  const text = question.toLowerCase();
  const countries = named(database, "country", text);
  const continents = named(database, "continent", text);
  const measure = (Object.keys(MEASURES) as Measure[]).find((name) => MEASURES[name].words.test(text));
  const most = /\b(\d{1,3})\b/.exec(text)?.[1];
  const lowest = /small|least|fewest|lowest|smallest|empt/.test(text);
  const about = { measure: measure ?? "population", countries, continents, most: most === undefined ? 1 : Math.max(1, Number(most)), highest: !lowest } as const;
  if (/capital/.test(text) && countries.length > 0) return { ...about, kind: "capital" };
  if (/how many (countries|states)/.test(text)) return { ...about, kind: "count" };
  if (countries.length > 0) return { ...about, kind: "values" };
  if (/average|mean\b/.test(text)) return { ...about, kind: "average" };
  if (/total|together|altogether|sum\b|how many people/.test(text)) return { ...about, kind: "sum" };
  if (measure !== undefined && /\bcontinents\b/.test(text)) return { ...about, kind: "sum" };
  if (measure !== undefined && (most !== undefined || lowest || /est\b|most|top|highest|biggest|rank/.test(text))) return { ...about, kind: "rank" };
  if (measure !== undefined && continents.length > 0) return { ...about, kind: "sum" };
  return continents.length > 0 ? { ...about, kind: "list" } : null;
}

/** The query that answers a question. */
export function queryFor({ kind, measure, countries, continents, most, highest }: Question): Query {
  const { sql } = MEASURES[measure];
  const places = (column: string, names: readonly string[]): string => `${column} IN (${names.map(() => "?").join(", ")})`;
  const where = countries.length > 0 ? ` WHERE ${places("country", countries)}` : continents.length > 0 ? ` WHERE ${places("continent", continents)}` : "";
  const values = countries.length > 0 ? countries : continents;
  const whole = measure === "density" ? "sum(population) / sum(area_km2)" : `sum(${sql})`;
  switch (kind) {
    case "capital": return { sql: `SELECT country, capital FROM countries${where} ORDER BY country`, values };
    case "count": return { sql: `SELECT count(*) AS countries FROM countries${where}`, values };
    case "list": return { sql: `SELECT country FROM countries${where} ORDER BY country`, values };
    case "sum": return { sql: `SELECT continent, ${whole} AS ${measure} FROM countries${where} GROUP BY continent ORDER BY 2 DESC`, values };
    case "average": return { sql: `SELECT avg(${sql}) AS ${measure} FROM countries${where}`, values };
    case "values": return { sql: `SELECT country, ${sql} AS ${measure} FROM countries${where} ORDER BY 2 DESC`, values };
    case "rank": return { sql: `SELECT country, ${sql} AS ${measure} FROM countries${where} ORDER BY 2 ${highest ? "DESC" : "ASC"} LIMIT ?`, values: [...values, most] };
  }
}

/** Runs a query. */
export function run(database: Database, { sql, values }: Query): readonly Row[] {
  return database.query(sql).all(...values) as Row[];
}

const number = (value: unknown): string => Number(value).toLocaleString("en", { maximumFractionDigits: Number(value) < 1_000 ? 1 : 0 });

/** What the rows say, in words. */
export function inWords({ kind, measure, continents }: Question, rows: readonly Row[]): string {
  const { unit } = MEASURES[measure];
  const where = continents.length === 0 ? "" : ` in ${continents.join(" and ")}`;
  const amount = (row: Row | undefined): string => `${number(row?.[measure])} ${unit}`;
  const lines = (label: string): string => rows.map((row, at) => `${at + 1}. ${row[label]}: ${amount(row)}`).join("\n");
  switch (kind) {
    case "capital": return rows.map(({ country, capital }) => `The capital of ${country} is ${capital}.`).join(" ");
    case "count": return `The data has ${rows[0]?.countries} countries${where}.`;
    case "list": return `The data has ${rows.length} countries${where}: ${rows.map(({ country }) => country).join(", ")}.`;
    case "average": return `The average ${measure} of the countries${where} is ${amount(rows[0])}.`;
    case "sum": return rows.length === 1 ? `The ${measure} of ${rows[0]?.continent} is ${amount(rows[0])}.` : `By ${measure}:\n${lines("continent")}`;
    case "values": return rows.length === 1 ? `The ${measure} of ${rows[0]?.country} is ${amount(rows[0])}.` : `By ${measure}:\n${lines("country")}`;
    case "rank": return rows.length === 1 ? `Of the countries that I know${where} it is ${rows[0]?.country} with ${amount(rows[0])}.` : `By ${measure}${where}:\n${lines("country")}`;
  }
}

/** What to say to a question that is about something else. */
export const ELSEWHERE = "I know about 106 countries: their capitals, areas and populations. Ask me, for example: Which 3 countries in Africa have the most people? What is the capital of Peru? How dense is Japan?";
