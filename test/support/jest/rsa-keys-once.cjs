// An RSA key of 2048 bits takes a tenth of a second and more to find, and each demo tenant wants two: a worker finds each once. The
// keys of one test file are different from each other; the next file begins with the first key again.
const crypto = require('node:crypto');

const find = crypto.generateKeyPairSync;
const found = new Map();
let taken = new Map();

crypto.generateKeyPairSync = (type, options) => {
  if (type !== 'rsa') return find(type, options);
  const kind = JSON.stringify(options);
  const pairs = found.get(kind) ?? [];
  const next = taken.get(kind) ?? 0;
  pairs[next] ??= find(type, options);
  found.set(kind, pairs);
  taken.set(kind, next + 1);
  return pairs[next];
};

exports.beginAgain = () => {
  taken = new Map();
};
