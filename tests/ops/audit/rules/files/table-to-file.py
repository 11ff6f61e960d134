import io
import sys
import tempfile

import pandas as pd
import pyarrow.parquet as pq


def frames(frame, path, folder):
    # ruleid: ingenious-storage.table-to-file
    frame.to_csv(path, index=False)
    # ruleid: ingenious-storage.table-to-file
    frame.to_csv(path_or_buf=path)
    # ruleid: ingenious-storage.table-to-file
    frame.to_parquet(f"{folder}/table.parquet")
    # ruleid: ingenious-storage.table-to-file
    frame.groupby("a").sum().to_excel("report.xlsx")
    # ruleid: ingenious-storage.table-to-file
    frame.to_json("table.json", orient="records")
    # ruleid: ingenious-storage.table-to-file
    frame.to_json(path)
    # ruleid: ingenious-storage.table-to-file
    frame.to_pickle(path)
    # ruleid: ingenious-storage.table-to-file
    frame.write_parquet(path)
    # ruleid: ingenious-storage.table-to-file
    with pd.ExcelWriter(path) as writer:
        # ruleid: ingenious-storage.table-to-file
        frame.to_excel(writer, sheet_name="a")


def of_arrow(table, path):
    # ruleid: ingenious-storage.table-to-file
    pq.write_table(table, path)
    # ruleid: ingenious-storage.table-to-file
    return pq.ParquetWriter(path, table.schema)


def text_only(frame):
    # ok: ingenious-storage.table-to-file
    text = frame.to_csv()
    # ok: ingenious-storage.table-to-file
    text += frame.to_csv(index=False)
    # ok: ingenious-storage.table-to-file
    text += frame.to_csv(None, index=False)
    # ok: ingenious-storage.table-to-file
    text += frame.to_csv(**{"index": False})
    # ok: ingenious-storage.table-to-file
    return frame.to_parquet(), frame.to_json(orient="records"), text


def other_things(credentials, event, indent):
    # ok: ingenious-storage.table-to-file
    credentials.to_json()
    # ok: ingenious-storage.table-to-file
    event.to_json(separators=(",", ":"))
    # ok: ingenious-storage.table-to-file
    event.to_json(indent)


def to_a_stream(frame):
    # ok: ingenious-storage.table-to-file
    frame.to_csv(sys.stdout)
    buffer = io.StringIO()
    # ok: ingenious-storage.table-to-file
    frame.to_csv(buffer)
    # ok: ingenious-storage.table-to-file
    frame.to_csv(io.StringIO())
    with tempfile.TemporaryDirectory() as folder:
        # ok: ingenious-storage.table-to-file
        frame.to_csv(f"{folder}/work.csv")
    return pd.read_csv(buffer)
