import { z } from "zod";

/** What a form posted: names to values; a name may come several times. */
export type PostedForm = Readonly<Record<string, readonly string[]>>;

/**
 * Turns the texts of a form into what an operation takes: numbers, ticked boxes and lists by the schema; an empty field is
 * an absent one. The schema still judges the result.
 */
export function readForm(schema: z.ZodObject, form: PostedForm): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(schema.shape)) {
    const value = readValue(innermost(type as z.ZodType), form[name]?.filter((text) => text !== "") ?? []);
    if (value !== undefined) input[name] = value;
  }
  return input;
}

function readValue(type: z.ZodType, texts: readonly string[]): unknown {
  if (type instanceof z.ZodBoolean) return texts.length > 0;
  if (type instanceof z.ZodArray) return texts.length === 0 ? undefined : texts.flatMap(splitWords);
  const text = texts.at(-1);
  if (text === undefined) return undefined;
  return type instanceof z.ZodNumber && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** A list may be ticked boxes of one name, or one field with words between commas or blanks. */
const splitWords = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== "");

function innermost(type: z.ZodType): z.ZodType {
  if (type instanceof z.ZodOptional || type instanceof z.ZodDefault || type instanceof z.ZodNullable) {
    return innermost(type.def.innerType as z.ZodType);
  }
  return type;
}
