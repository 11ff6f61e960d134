// Preloaded into Azurite: its standard input closes when the test run ends, however it ends.
process.stdin.on("end", () => process.exit(0)).resume();
