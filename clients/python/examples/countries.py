"""Facts about countries: a CSV file in a SQLite database, and questions in English as queries of it."""

from __future__ import annotations

import csv
import re
import sqlite3
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parent.parent.parent / "data" / "countries.csv"

#: What can be asked of a country: SQL, unit, and the words that ask for it.
MEASURES = {
    "density": ("population / area_km2", "people per km²", r"densit|dense|crowded"),
    "area": ("area_km2", "km²", r"\barea\b|large|big|small|size"),
    "population": ("population", "people", r"populat|populous|people|inhabitants|live\b"),
}

#: What to say to a question that is about something else.
ELSEWHERE = (
    "I know about countries: their capitals, areas and populations. Ask me, for example: "
    "Which 3 countries in Africa have the most people? What is the capital of Peru? How dense is Japan?"
)


class Question(NamedTuple):
    """A question, understood. `kind`: capital, count, sum, rank, values."""

    kind: str
    measure: str
    countries: list[str]
    continents: list[str]
    #: With `rank`: how many, and whether the highest come first.
    most: int = 1
    highest: bool = True


class Query(NamedTuple):
    """What the database is asked."""

    sql: str
    values: list[str | int]


def open_countries() -> sqlite3.Connection:
    """Reads the file into a database of this process."""
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.row_factory = sqlite3.Row
    database.execute("CREATE TABLE countries (country TEXT, capital TEXT, continent TEXT, area_km2 REAL, population REAL)")
    with FILE.open(newline="") as file:
        database.executemany("INSERT INTO countries VALUES (?, ?, ?, ?, ?)", list(csv.reader(file))[1:])
    return database


def _named(database: sqlite3.Connection, column: str, text: str) -> list[str]:
    places = {row[0]: re.search(rf"\b{re.escape(row[0].lower())}\b", text) for row in database.execute(f"SELECT DISTINCT {column} FROM countries")}
    return sorted((name for name, found in places.items() if found), key=lambda name: text.find(name.lower()))


def understand(database: sqlite3.Connection, question: str) -> Question | None:
    """Understands a question; None where it is about something else."""
    text = question.lower()
    countries, continents = _named(database, "country", text), _named(database, "continent", text)
    asked = next((name for name, (_, _, words) in MEASURES.items() if re.search(words, text)), None)
    number = re.search(r"\b(\d{1,3})\b", text)
    lowest = re.search(r"small|least|fewest|lowest|empt", text)
    about = Question("values", asked or "population", countries, continents, int(number[1]) if number else 1, not lowest)
    if "capital" in text and countries:
        return about._replace(kind="capital")
    if re.search(r"how many (countries|states)", text):
        return about._replace(kind="count")
    if countries:
        return about
    if asked and not re.search(r"\bcontinents\b|total|sum\b|how many people", text) and (number or lowest or re.search(r"est\b|most|top|rank", text)):
        return about._replace(kind="rank")
    return about._replace(kind="sum") if asked else None


def query_for(question: Question) -> Query:
    """The query that answers a question."""
    kind, measure, countries, continents, most, highest = question
    sql = MEASURES[measure][0]
    column, names = ("country", countries) if countries else ("continent", continents)
    where = f" WHERE {column} IN ({', '.join('?' * len(names))})" if names else ""
    if kind == "capital":
        return Query(f"SELECT country, capital FROM countries{where} ORDER BY country", [*names])
    if kind == "count":
        return Query(f"SELECT count(*) AS countries FROM countries{where}", [*names])
    if kind == "sum":
        whole = "sum(population) / sum(area_km2)" if measure == "density" else f"sum({sql})"
        return Query(f"SELECT continent AS name, {whole} AS value FROM countries{where} GROUP BY continent ORDER BY 2 DESC", [*names])
    limit = " LIMIT ?" if kind == "rank" else ""
    order = "DESC" if highest else "ASC"
    return Query(f"SELECT country AS name, {sql} AS value FROM countries{where} ORDER BY 2 {order}{limit}", [*names, *([most] if limit else [])])


def run(database: sqlite3.Connection, query: Query) -> list[dict[str, str | float]]:
    """Runs a query."""
    return [dict(row) for row in database.execute(query.sql, query.values)]


def in_words(question: Question, rows: list[dict[str, str | float]]) -> str:
    """What the rows say."""
    where = f" in {' and '.join(question.continents)}" if question.continents else ""
    if question.kind == "capital":
        return " ".join(f"The capital of {row['country']} is {row['capital']}." for row in rows)
    if question.kind == "count":
        return f"The data has {rows[0]['countries']} countries{where}."
    told = [f"{row['name']}: {_number(row['value'])} {MEASURES[question.measure][1]}" for row in rows]
    if len(told) == 1 and question.kind == "rank":
        return f"Of the countries that I know{where} it is {told[0]}."
    if len(told) == 1:
        return f"The {question.measure} of {told[0]}."
    return f"By {question.measure}{where}:\n" + "\n".join(f"{at + 1}. {line}" for at, line in enumerate(told))


def _number(value: str | float) -> str:
    return f"{float(value):,.0f}" if float(value) >= 1_000 else f"{float(value):,.1f}"
