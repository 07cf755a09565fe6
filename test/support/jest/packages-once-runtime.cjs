// See one-realm-environment.cjs. Packages are loaded by Node itself, once a worker; our own files by Jest, for each test file.
const { createRequire, isBuiltin } = require('node:module');
const { compileFunction } = require('node:vm');
const { default: Runtime } = require('jest-runtime');

const requireFrom = new Map();

function isPackage(name) {
  return !name.startsWith('.') && !name.startsWith('/') && !isBuiltin(name) && name !== '@jest/globals';
}

class PackagesOnceRuntime extends Runtime {
  constructor(...given) {
    super(...given);
    // Jest compiles into the realm that the environment names; there is none but Node's own.
    const { executor } = this;
    executor.compile = (source, filename) => compileFunction(source, executor.injectedModuleParameters, { filename });
  }

  requireModuleOrMock(from, name) {
    if (!isPackage(name)) return super.requireModuleOrMock(from, name);
    let load = requireFrom.get(from);
    if (load === undefined) {
      load = createRequire(from);
      requireFrom.set(from, load);
    }
    return load(name);
  }
}

module.exports = { __esModule: true, default: PackagesOnceRuntime };
