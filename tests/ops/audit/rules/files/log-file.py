import logging
import logging.config
import os
import sys
from logging.handlers import RotatingFileHandler

from loguru import logger


def handlers(path):
    # ruleid: ingenious-storage.log-file
    logging.getLogger().addHandler(logging.FileHandler(path))
    # ruleid: ingenious-storage.log-file
    RotatingFileHandler("app.log", maxBytes=1000, backupCount=3)
    # ruleid: ingenious-storage.log-file
    logging.handlers.TimedRotatingFileHandler(path, when="midnight")
    # ruleid: ingenious-storage.log-file
    logging.basicConfig(level="INFO", filename="app.log")
    # ruleid: ingenious-storage.log-file
    logger.add("app_{time}.log", rotation="10 MB")


def by_a_dictionary():
    # ruleid: ingenious-storage.log-file
    file = {"class": "logging.handlers.RotatingFileHandler", "filename": "app.log"}
    # ok: ingenious-storage.log-file
    console = {"class": "logging.StreamHandler", "level": "INFO"}
    logging.config.dictConfig({"version": 1, "handlers": {"file": file, "console": console}})


def streams():
    # ok: ingenious-storage.log-file
    logging.basicConfig(level="INFO")
    # ok: ingenious-storage.log-file
    logging.basicConfig(stream=sys.stderr)
    # ok: ingenious-storage.log-file
    logging.getLogger().addHandler(logging.StreamHandler())
    # ok: ingenious-storage.log-file
    logger.add(sys.stderr, level="INFO")
    # ok: ingenious-storage.log-file
    logging.FileHandler("/dev/stdout")
    # ok: ingenious-storage.log-file
    logging.FileHandler(os.devnull)


def other_things(items, path):
    # ok: ingenious-storage.log-file
    items.add(path)
