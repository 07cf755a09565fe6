// Jest gives each test file a realm (vm context) of its own, and so a copy of every package (decision 31: a third of the time of
// an application's tests). Here all files of a worker live in Node's own realm and
// share the packages (packages-once-runtime.cjs); what is ours is still loaded anew for each file. What packages keep in
// globals about our classes, and what a file left in the environment, ends with the file.
const { register } = require('prom-client');
const { TestEnvironment } = require('jest-environment-node');
const rsaKeys = require('./rsa-keys-once.cjs');

const REGISTRIES_OF_CLASSES = ['typeormMetadataArgsStorage', 'classValidatorMetadataStorage'];

module.exports = class OneRealmEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.global = globalThis;
    this.environmentBefore = { ...process.env };
    for (const name of REGISTRIES_OF_CLASSES) delete globalThis[name];
    register.clear();
    rsaKeys.beginAgain();
  }

  async teardown() {
    for (const name of Object.keys(process.env)) {
      if (!(name in this.environmentBefore)) delete process.env[name];
    }
    Object.assign(process.env, this.environmentBefore);
    await super.teardown();
  }
};
