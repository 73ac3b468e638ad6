/** Reads a contract as it stands in a working tree, or as git keeps it. */
import { execFileSync } from "node:child_process";
import { join, posix } from "node:path";
import { loadContract } from "../load.mjs";

/** More than the whole contract. Bytes. */
const FILE_LIMIT = 16 * 1024 * 1024;

/** What could not be compared, and what to do about it. */
class CannotCompare extends Error {}

function git(root, ...args) {
  return execFileSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: FILE_LIMIT, stdio: ["ignore", "pipe", "pipe"] });
}

const firstLine = (error) => String(error.stderr || error.message).trim().split("\n")[0];

/**
 * @param {string} root a git repository's folder
 * @returns {string} the last tag that leads to what is checked out
 * @throws {CannotCompare} where there is none
 */
export function lastTag(root) {
  try {
    return git(root, "describe", "--tags", "--abbrev=0").trim();
  } catch (error) {
    throw new CannotCompare(
      `There is no git tag to compare with (${firstLine(error)}).\n` +
        "Name a tag, branch or commit:  npm run contract:diff -- --against REF\n" +
        "or name what others rely on:   git tag v1.0.0 COMMIT   (a fresh clone may lack tags: git fetch --tags)",
    );
  }
}

/** The contract of a working tree. Throws `CannotCompare` where it cannot be read. */
export function contractOfTree(root) {
  try {
    return loadContract(join(root, "contract"));
  } catch (error) {
    throw new CannotCompare(`The contract of the working tree cannot be read: ${error.message}\nMend it: npm run generate -- --lint`);
  }
}

/** The contract of a tag, branch or commit. Throws `CannotCompare` where there is none, or it cannot be read. */
export function contractOfCommit(root, ref) {
  let commit;
  try {
    commit = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`).trim();
  } catch {
    throw new CannotCompare(`${ref} is no tag, branch or commit of this repository. \`git tag\` lists the tags; a fresh clone may need \`git fetch --tags\`.`);
  }
  try {
    return loadContract("contract", (path) => git(root, "show", `${commit}:${posix.normalize(path)}`));
  } catch (error) {
    throw new CannotCompare(`The contract of ${ref} (${commit.slice(0, 7)}) cannot be read: ${error.stderr ? firstLine(error) : error.message}`);
  }
}
