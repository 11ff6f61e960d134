"""The saver of threads of LangGraph, beside other savers on object storage."""
