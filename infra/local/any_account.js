// Preloaded into Azurite: like Azure it serves whatever account is made, not only those it was
// started with. Each has the emulator's published key.
const path = require("node:path");

const azurite = path.resolve(path.dirname(process.argv[1]), "..");
const { default: AccountDataStore } = require(path.join(azurite, "common/AccountDataStore.js"));
const { EMULATOR_ACCOUNT_KEY } = require(path.join(azurite, "common/utils/constants.js"));

const { getAccount } = AccountDataStore.prototype;
AccountDataStore.prototype.getAccount = function (name) {
  return getAccount.call(this, name) ?? { name, key1: EMULATOR_ACCOUNT_KEY };
};
