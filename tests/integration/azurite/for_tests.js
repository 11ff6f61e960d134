// Preloaded into Azurite. Its standard input closes when the test run ends, however it ends.
process.stdin.on("end", () => process.exit(0)).resume();

// Every 10 minutes it looks at all blobs for bytes that nobody needs, and with many blobs answers
// nobody for half a minute or more. The longest time of a timer is 24 days.
const script = require("fs").realpathSync(process.argv[1]);
const constants = require("module").createRequire(script)(
  "azurite/dist/src/blob/utils/constants"
);
constants.DEFAULT_GC_INTERVAL_MS = 2 ** 31 - 1;
