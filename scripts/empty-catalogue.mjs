// Preloaded into node-red-dev by validate-package.mjs. It answers the request for the Flow Library's catalogue with one
// that lists no package: the result for our package must not depend on that host, nor on other packages.
import Module from "node:module";

const CATALOGUE = "https://catalogue.nodered.org/catalogue.json";

const load = Reflect.get(Module.prototype, "require");
Module.prototype.require = function loadWithCatalogue(name) {
  const loaded = load.call(this, name);
  if (name !== "axios") return loaded;
  return {
    ...loaded,
    get: (url, ...options) => (url === CATALOGUE ? Promise.resolve({ data: { modules: [] } }) : loaded.get(url, ...options)),
  };
};
