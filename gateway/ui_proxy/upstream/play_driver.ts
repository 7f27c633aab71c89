import { concatBytes } from "../../core/concat_bytes.ts";
import { ProtocolError } from "../../core/errors.ts";
import type { HeaderField } from "../device_headers.ts";
import type { DeviceJar } from "../device_jar.ts";
import type { Conversation, DeviceRequest, DeviceResponse } from "../drivers/driver.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { isUnsent, type WireRequest } from "./device_ways.ts";
import type { DeviceAnswer } from "./wire/device_answer.ts";

/** The device's side of a driver's conversation. */
export interface Stage {
  readonly origin: string;
  readonly jar: DeviceJar;
  send(request: WireRequest, body?: string): Promise<DeviceAnswer>;
}

/** What came of a conversation. */
export interface Played<T> {
  readonly end: T;
  /** A name, password or token went to the device. */
  readonly gaveSecret: boolean;
}

/** A conversation that broke off; what the device was told by then decides whether it counts as a try. */
export class BrokenConversation extends Error {
  constructor(readonly gaveSecret: boolean, cause: unknown) {
    super("the conversation with the device broke off", { cause });
  }
}

/**
 * Carries a driver's conversation to the device, with the session's cookies.
 * @throws BrokenConversation when the device does not answer, answers too much, or the driver asks without end
 */
export async function playDriver<T>(
  conversation: Conversation<T>,
  stage: Stage,
  mostRequests: number = UI_PROXY_LIMITS.driverRequests,
): Promise<Played<T>> {
  let gaveSecret = false;
  let isSecret = false;
  try {
    let step = conversation.next();
    for (let count = 0; !step.done; count++) {
      if (count >= mostRequests) {
        throw new ProtocolError("UI_DEVICE_STRANGE", `A driver asked the device more than ${count} times`);
      }
      isSecret = carriesSecret(step.value);
      const answer = await ask(step.value, stage);
      gaveSecret ||= isSecret;
      step = conversation.next(answer);
    }
    return { end: step.value, gaveSecret };
  } catch (error) {
    throw new BrokenConversation(gaveSecret || (isSecret && !isUnsent(error)), error);
  }
}

function carriesSecret({ body, headers }: DeviceRequest): boolean {
  return body !== undefined || (headers ?? []).some(([name]) => name === "authorization");
}

async function ask(request: DeviceRequest, stage: Stage): Promise<DeviceResponse> {
  const { body } = request;
  const bodyLength = body === undefined ? 0 : new TextEncoder().encode(body).length;
  const response = await stage.send(await wireOf(request, bodyLength, stage), body);
  return await readAnswer(response, request.target, stage);
}

/** A driver's request as it goes to the device. */
export async function wireOf(
  { method, target, headers = [] }: DeviceRequest,
  bodyLength: number,
  { origin, jar }: Pick<Stage, "jar" | "origin">,
): Promise<WireRequest> {
  const cookie = await jar.headerFor(`${origin}${target}`);
  const all: HeaderField[] = [["host", new URL(origin).host], ["accept", "*/*"], ["accept-encoding", "identity"]];
  all.push(...headers, ...cookie === undefined ? [] : [["cookie", cookie] as const]);
  return { method, target, headers: all, bodyLength, origin };
}

/** The whole of an answer; its cookies are kept. @throws ProtocolError UI_DEVICE_STRANGE */
export async function readAnswer(
  response: DeviceAnswer,
  target: string,
  { origin, jar }: Pick<Stage, "jar" | "origin">,
): Promise<DeviceResponse> {
  const fields = fieldsOf(response.rawHeaders);
  await jar.keep(fields.get("set-cookie") ?? [], `${origin}${target}`);
  return { status: response.statusCode, headers: fields, body: await readText(response) };
}

/** Header fields by lower-case name. */
export function fieldsOf(rawHeaders: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    fields.set(name, [...fields.get(name) ?? [], rawHeaders[at + 1]!]);
  }
  return fields;
}

async function readText(response: DeviceAnswer): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > UI_PROXY_LIMITS.driverBodyBytes) {
      response.destroy();
      throw new ProtocolError("UI_DEVICE_STRANGE", `The device answered with more than ${size - part.length} bytes`);
    }
    parts.push(part);
  }
  return new TextDecoder().decode(concatBytes(parts));
}
