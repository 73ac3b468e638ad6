/** The Swift target, as the AsyncAPI generator wants it: one function that answers the files. All logic is in ../../swift/. */
import { File } from "@asyncapi/generator-react-sdk";
import { modelOf } from "../../model/model.mjs";
import { swiftFiles } from "../../swift/files.mjs";

export default function swift({ originalAsyncAPI }) {
  return swiftFiles(modelOf(JSON.parse(originalAsyncAPI))).map(({ name, text }) => <File name={name}>{text}</File>);
}
