/** Compares what is committed with what the contract makes, both ways. Pure. */

/**
 * @param {ReadonlyMap<string, string>} committed path → text
 * @param {ReadonlyMap<string, string>} made path → text
 * @returns {string[]} one sentence for every file that differs; empty where nothing does
 */
export function differences(committed, made) {
  const edited = [...made].flatMap(([path, text]) => {
    const found = committed.get(path);
    if (found === undefined) return [`${path} is missing`];
    return found === text ? [] : [`${path} differs from line ${firstDifference(found, text)} on`];
  });
  const stale = [...committed.keys()].filter((path) => !made.has(path)).map((path) => `${path} is not made from the contract`);
  return [...edited, ...stale].sort();
}

function firstDifference(left, right) {
  const wanted = right.split("\n");
  const at = left.split("\n").findIndex((line, index) => line !== wanted[index]);
  return at === -1 ? left.split("\n").length + 1 : at + 1;
}
