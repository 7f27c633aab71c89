import { equal } from "node:assert/strict";
import { winAnsi } from "./win_ansi.ts";

for (
  const [typed, shown] of [
    ["Prüfer Größe ÄÖÜß é à ñ å ø", "Prüfer Größe ÄÖÜß é à ñ å ø"],
    ["u\u0308ber", "über"],
    ["„Tor“ – 5 € … ™", "„Tor“ – 5 € … ™"],
    ["Łukasz Żółć Dvořák", "Lukasz Zólc Dvorák"],
    ["≥ 1 MΩ, ≤ 300 ms, µ μ", ">= 1 MOhm, <= 300 ms, µ µ"],
    ["Иван 田中 😀", "???? ?? ?"],
    ["a\tb\u0000c\u0085", "a?b?c?"],
    ["line\nbreak", "line\nbreak"],
  ] as const
) {
  Deno.test(`paper text: ${JSON.stringify(typed)} is shown as ${JSON.stringify(shown)}`, () => {
    equal(winAnsi(typed), shown);
  });
}
