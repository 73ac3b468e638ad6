/** The parts of the two documents, /asyncapi.json and /openapi.json, that a reference is made of. */

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly "x-open-enum"?: readonly string[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly default?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

export interface Message {
  readonly name: string;
  readonly summary?: string;
  readonly contentType?: string;
  readonly headers?: Schema;
  readonly payload: Schema;
  readonly examples?: readonly { readonly headers?: unknown; readonly payload: unknown }[];
  readonly bindings?: { readonly http?: { readonly statusCode?: number } };
  readonly "x-event"?: {
    readonly by?: string;
    readonly status?: string;
    readonly terminal?: boolean;
    readonly closes_all?: boolean;
    readonly synthetic?: boolean;
    readonly percent?: string;
    readonly scope?: { readonly family: string; readonly role: string; readonly id: string; readonly unless?: string };
  };
}

interface Reference {
  readonly $ref: string;
}

interface Binding {
  readonly method?: string;
  readonly query?: Schema;
  readonly headers?: Schema;
}

export interface Channel {
  readonly address: string;
  readonly title?: string;
  readonly description?: string;
  readonly servers?: readonly Reference[];
  readonly messages?: Readonly<Record<string, Reference>>;
  readonly parameters?: Readonly<Record<string, { readonly description?: string }>>;
  readonly bindings?: { readonly ws?: Binding };
}

export interface AsyncOperation {
  readonly action: string;
  readonly channel: Reference;
  readonly summary?: string;
  readonly messages?: readonly Reference[];
  readonly reply?: { readonly messages?: readonly Reference[] };
  readonly bindings?: { readonly http?: Binding };
}

export interface ErrorFacts {
  readonly status: number;
  readonly close: number | null;
  readonly retryable: boolean;
  readonly title: string;
  readonly advice: string;
}

export interface AsyncApi {
  readonly "x-protocol": string;
  readonly "x-errors": { readonly codes: Readonly<Record<string, ErrorFacts>>; readonly closes: Readonly<Record<string, { readonly code: number; readonly retryable: boolean; readonly advice: string }>> };
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<Record<string, AsyncOperation>>;
  readonly components: { readonly messages: Readonly<Record<string, Message>>; readonly schemas: Readonly<Record<string, Schema>> };
}

interface Content {
  readonly [mediaType: string]: { readonly schema?: Schema };
}

export interface HttpOperation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean; readonly description?: string; readonly schema?: Schema }[];
  readonly requestBody?: { readonly content?: Content };
  readonly responses?: Readonly<Record<string, { readonly description?: string; readonly content?: Content }>>;
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, HttpOperation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

/** The last part of a local reference: the name of what it leads to. */
export const nameOf = (ref: string): string => ref.slice(ref.lastIndexOf("/") + 1);

/** Event types and frames by the name that a channel gives them. */
export function messageOf({ channels, components: { messages } }: AsyncApi, ref: string): Message | null {
  const [, section, channel, , key] = ref.split("/");
  const target = section === "channels" ? channels[channel ?? ""]?.messages?.[key ?? ""]?.$ref : ref;
  return messages[nameOf(target ?? "")] ?? null;
}
