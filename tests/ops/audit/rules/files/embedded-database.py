import dbm
import sqlite3
import tempfile
from dbm import gnu

import aiosqlite
import chromadb
import diskcache
import duckdb
import lancedb
import sqlalchemy
from agents import SQLiteSession
from agno.db.sqlite import SqliteDb
from diskcache import FanoutCache
from langgraph.checkpoint.sqlite import SqliteSaver
from pymilvus import MilvusClient
from qdrant_client import QdrantClient
from sqlalchemy import create_engine
from sqlitedict import SqliteDict
from tinydb import TinyDB
from tinydb.storages import MemoryStorage


def of_the_standard_library(path):
    # ruleid: ingenious-storage.embedded-database
    sqlite3.connect(path, check_same_thread=False)
    # ruleid: ingenious-storage.embedded-database
    with sqlite3.connect("state.db", timeout=30) as connection:
        connection.execute("select 1")
    # ruleid: ingenious-storage.embedded-database
    dbm.open(path, "c")
    # ruleid: ingenious-storage.embedded-database
    gnu.open(path, "c")


async def asynchronous(path):
    # ruleid: ingenious-storage.embedded-database
    async with aiosqlite.connect(path) as connection:
        await connection.commit()


def engines(folder):
    # ruleid: ingenious-storage.embedded-database
    create_engine("sqlite:///state.db")
    # ruleid: ingenious-storage.embedded-database
    sqlalchemy.create_engine(f"sqlite:///{folder}/state.db", echo=True)
    # ruleid: ingenious-storage.embedded-database
    duckdb.connect(folder / "state.duckdb")


def stores(path):
    # ruleid: ingenious-storage.embedded-database
    diskcache.Cache(path)
    # ruleid: ingenious-storage.embedded-database
    FanoutCache(directory=path)
    # ruleid: ingenious-storage.embedded-database
    TinyDB("state.json")
    # ruleid: ingenious-storage.embedded-database
    SqliteDict(path, autocommit=True)


def of_agents(path):
    # ruleid: ingenious-storage.embedded-database
    chromadb.PersistentClient(path=path)
    # ruleid: ingenious-storage.embedded-database
    lancedb.connect(path)
    # ruleid: ingenious-storage.embedded-database
    QdrantClient(path=path)
    # ruleid: ingenious-storage.embedded-database
    MilvusClient("milvus.db")
    # ruleid: ingenious-storage.embedded-database
    SQLiteSession("thread-1", "conversations.db")
    # ruleid: ingenious-storage.embedded-database
    SqliteSaver.from_conn_string(path)
    # ruleid: ingenious-storage.embedded-database
    SqliteDb(db_file=path)


def in_memory_only():
    # ok: ingenious-storage.embedded-database
    sqlite3.connect(":memory:")
    # ok: ingenious-storage.embedded-database
    sqlite3.connect("file:shared?mode=memory&cache=shared", uri=True)
    # ok: ingenious-storage.embedded-database
    create_engine("sqlite://")
    # ok: ingenious-storage.embedded-database
    create_engine("sqlite:///:memory:", echo=True)
    # ok: ingenious-storage.embedded-database
    duckdb.connect()
    # ok: ingenious-storage.embedded-database
    duckdb.connect(database=":memory:")
    # ok: ingenious-storage.embedded-database
    TinyDB(storage=MemoryStorage)
    # ok: ingenious-storage.embedded-database
    chromadb.EphemeralClient()
    # ok: ingenious-storage.embedded-database
    SQLiteSession("thread-1")


def servers(url):
    # ok: ingenious-storage.embedded-database
    create_engine("postgresql://db.example.org/state")
    # ok: ingenious-storage.embedded-database
    create_engine(url)
    # ok: ingenious-storage.embedded-database
    QdrantClient(url="https://qdrant.example.org")
    # ok: ingenious-storage.embedded-database
    MilvusClient("https://milvus.example.org")


def temporary():
    with tempfile.TemporaryDirectory() as folder:
        # ok: ingenious-storage.embedded-database
        sqlite3.connect(f"{folder}/work.db")
