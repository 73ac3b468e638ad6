/** The Python target, as the AsyncAPI generator wants it: one function that answers the files. All logic is in ../../python/. */
import { File } from "@asyncapi/generator-react-sdk";
import { modelOf } from "../../model/model.mjs";
import { pythonFiles } from "../../python/files.mjs";

export default function python({ originalAsyncAPI }) {
  return pythonFiles(modelOf(JSON.parse(originalAsyncAPI))).map(({ name, text }) => <File name={name}>{text}</File>);
}
