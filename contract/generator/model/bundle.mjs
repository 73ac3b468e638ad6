/**
 * One document from several files: what `$ref` names in another file is moved into the document's own components, under
 * its own name; a `$ref` to a whole file is replaced by its content. Pure: files are read by the function that is passed in.
 */
import { posix } from "node:path";

/** Which part of the components a definition belongs to: the first segment of the pointer that names it. */
const SECTIONS = new Set(["schemas", "messages"]);

/**
 * @param {string} entry path of the document that everything begins with
 * @param {(path: string) => unknown} load reads and parses one file
 * @returns {Record<string, unknown>} the document with local references only
 * @throws {Error} where a reference leads nowhere or two files define the same name
 */
export function bundle(entry, load) {
  const files = new Map();
  const open = (path) => files.get(path) ?? files.set(path, load(path)).get(path);
  const components = {};
  const origins = new Map();

  function take(file, pointer) {
    const [section, name, ...more] = pointer.split("/");
    if (!SECTIONS.has(section) || !name || more.length > 0) throw new Error(`${file}#/${pointer}: expected #/schemas/NAME or #/messages/NAME`);
    const local = `#/components/${section}/${name}`;
    const origin = `${file}#/${pointer}`;
    if (origins.get(local) === origin) return local;
    if (origins.has(local)) throw new Error(`${name} is defined twice: in ${origins.get(local)} and in ${origin}`);
    const definition = open(file)?.[section]?.[name];
    if (definition === undefined) throw new Error(`${origin} does not exist`);
    origins.set(local, origin);
    components[section] ??= {};
    components[section][name] = null;
    components[section][name] = rewrite(definition, file);
    return local;
  }

  function rewrite(value, file) {
    if (Array.isArray(value)) return value.map((item) => rewrite(item, file));
    if (value === null || typeof value !== "object") return value;
    if (typeof value.$ref === "string" && !value.$ref.includes("#")) return rewrite(open(beside(file, value.$ref)), beside(file, value.$ref));
    if (typeof value.$ref === "string") return { ...value, $ref: follow(value.$ref, file) };
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewrite(item, file)]));
  }

  function follow(ref, file) {
    const [path, pointer] = ref.split("#/");
    if (path === "" && file === entry) return ref;
    return take(path === "" ? file : beside(file, path), pointer);
  }

  const document = rewrite(open(entry), entry);
  const own = document.components ?? {};
  for (const [section, definitions] of Object.entries(components)) own[section] = { ...definitions, ...inlineOwn(own[section], definitions) };
  return { ...document, components: own };
}

const beside = (file, path) => posix.join(posix.dirname(file), path);

/** The document's own entries of a section, without those that only point at a moved definition of the same name. */
function inlineOwn(own = {}, moved) {
  return Object.fromEntries(Object.entries(own).filter(([name, value]) => !(moved[name] && typeof value?.$ref === "string")));
}
