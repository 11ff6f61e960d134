"""The console in a real browser: a package, so that the browser ends with the last of its tests.

Playwright leaves an event loop that counts as running in the thread of its caller, and whoever
calls `asyncio.run` there meanwhile is refused.
"""
