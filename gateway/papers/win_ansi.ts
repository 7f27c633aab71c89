/** Characters of the standard fonts' encoding (WinAnsi, windows-1252) beyond Latin-1. */
const BEYOND = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ";
/** What is written instead of characters that the standard fonts do not have. */
const INSTEAD: Readonly<Record<string, string>> = {
  "Ω": "Ohm",
  "≤": "<=",
  "≥": ">=",
  "→": "->",
  "−": "-",
  "ł": "l",
  "Ł": "L",
  "đ": "d",
  "Đ": "D",
  "ı": "i",
  "\u2009": " ",
  "\u202f": " ",
  "μ": "µ",
};

/**
 * A text as the standard fonts of PDF can show it: umlauts and all of Western Europe as they are, other letters without
 * their marks, the rest as "?". The record inside the paper keeps what was typed.
 */
export function winAnsi(text: string): string {
  let out = "";
  for (const char of text.normalize("NFC")) {
    if (isKnown(char)) out += char;
    else out += INSTEAD[char] ?? plain(char);
  }
  return out;
}

function plain(char: string): string {
  const letters = [...char.normalize("NFD")].filter((part) => !/\p{M}/u.test(part)).join("");
  return letters !== "" && [...letters].every(isKnown) ? letters : "?";
}

function isKnown(char: string): boolean {
  const code = char.codePointAt(0)!;
  return code === 0x0a || (code >= 0x20 && code < 0x7f) || (code >= 0xa0 && code <= 0xff) || BEYOND.includes(char);
}
