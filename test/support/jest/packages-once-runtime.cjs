// See one-realm-environment.cjs. Packages are loaded by Node itself, once a worker. Our own files run anew for each test file, but
// what turns their text into functions (reading, swc, V8's compiler, resolving of names) is done once a worker as well: a
// compiled file is a function of module, exports and require, and keeps nothing of the file that called it last.
const { createRequire, isBuiltin } = require('node:module');
const { dirname } = require('node:path');
const { compileFunction } = require('node:vm');
const { default: Runtime } = require('jest-runtime');

/** What a worker knows for all its test files: nothing of it changes while it runs (a worker of --watch is a new one each time). */
const loaded = new Map();
const compiled = new Map();
const transformed = new Map();
const resolved = new Map();

function isPackage(name) {
  return !name.startsWith('.') && !name.startsWith('/') && !isBuiltin(name) && name !== '@jest/globals';
}

class PackagesOnceRuntime extends Runtime {
  constructor(...given) {
    super(...given);
    const { executor, transformCache, _resolution: resolution } = this;
    // Jest compiles into the realm that the environment names; there is none but Node's own.
    executor.compile = (source, filename) => {
      const known = compiled.get(filename);
      if (known?.source === source) return known.run;
      const run = compileFunction(source, executor.injectedModuleParameters, { filename });
      compiled.set(filename, { source, run });
      return run;
    };

    const transform = transformCache.transform.bind(transformCache);
    transformCache.transform = (filename, options) => {
      const known = transformed.get(filename);
      if (known === undefined) {
        const code = transform(filename, options);
        transformed.set(filename, { code, file: transformCache.transforms.get(filename) });
        return code;
      }
      if (known.file !== undefined) {
        transformCache.transforms.set(filename, known.file);
        if (known.file.sourceMapPath) transformCache.sourceMaps.set(filename, known.file.sourceMapPath);
      }
      return known.code;
    };

    const resolveCjs = resolution.resolveCjs.bind(resolution);
    resolution.resolveCjs = (from, name) => {
      if (!name) return from;
      const key = `${dirname(from)}\0${name}`;
      let path = resolved.get(key);
      if (path === undefined) {
        path = resolveCjs(from, name);
        resolved.set(key, path);
      }
      return path;
    };
    // We have no __mocks__, and looking for one resolves each name once more.
    resolution.getCjsMockModule = () => null;
  }

  requireModuleOrMock(from, name) {
    if (!isPackage(name)) return super.requireModuleOrMock(from, name);
    const key = `${dirname(from)}\0${name}`;
    let exports = loaded.get(key);
    if (exports === undefined) {
      exports = createRequire(from)(name);
      loaded.set(key, exports);
    }
    return exports;
  }
}

module.exports = { __esModule: true, default: PackagesOnceRuntime };
