/** The TypeScript target, as the AsyncAPI generator wants it: one function that answers the files. All logic is in ../../typescript/. */
import { File } from "@asyncapi/generator-react-sdk";
import { modelOf } from "../../model/model.mjs";
import { typescriptFiles } from "../../typescript/files.mjs";

export default function typescript({ originalAsyncAPI }) {
  return typescriptFiles(modelOf(JSON.parse(originalAsyncAPI))).map(({ name, text }) => <File name={name}>{text}</File>);
}
