import { createHash } from "node:crypto";
import { GatewayError } from "../core/errors.ts";
import { concatBytes } from "../core/concat_bytes.ts";
import { PAPER_LIMITS } from "./limits.ts";
import { fillSignature, placeholderOf } from "./pdf_signature.ts";
import { winAnsi } from "./win_ansi.ts";

/** A4 in points, and the white around it. */
const WIDTH = 595.28, HEIGHT = 841.89, MARGIN = 48;
const INNER = WIDTH - 2 * MARGIN;
/** Where the text of a page ends: the foot stands below. */
const BOTTOM = HEIGHT - 62;
const INK = "#16232a", MUTED = "#5b6a72", LINE = "#c9d2d6", SHADE = "#eef2f3";
const TONES = { good: "#1b6e4b", bad: "#a3262a", warn: "#8a5a00", plain: INK } as const;

/** What is used of pdfkit, which brings no types. */
interface Pdf {
  readonly page: object;
  y: number;
  on(event: "data", take: (bytes: Uint8Array) => void): void;
  on(event: "end", done: () => void): void;
  addPage(): Pdf;
  bufferedPageRange(): { readonly count: number };
  switchToPage(page: number): void;
  font(name: string): Pdf;
  fontSize(size: number): Pdf;
  fillColor(color: string): Pdf;
  strokeColor(color: string): Pdf;
  lineWidth(points: number): Pdf;
  text(text: string, x: number, y: number, options: Record<string, unknown>): Pdf;
  heightOfString(text: string, options: Record<string, unknown>): number;
  rect(x: number, y: number, width: number, height: number): Pdf;
  moveTo(x: number, y: number): Pdf;
  lineTo(x: number, y: number): Pdf;
  path(svg: string): Pdf;
  translate(x: number, y: number): Pdf;
  scale(factor: number): Pdf;
  save(): Pdf;
  restore(): Pdf;
  stroke(): Pdf;
  fill(color?: string): Pdf;
  image(bytes: Uint8Array, x: number, y: number, options: Record<string, unknown>): Pdf;
  file(bytes: Uint8Array, options: Record<string, unknown>): unknown;
  ref(data: Record<string, unknown>): { readonly data: Record<string, unknown>; end(): void };
  initForm(): void;
  end(): void;
  readonly _root: { readonly data: Record<string, unknown> };
}

/** What a paper is about. */
export interface PaperHead {
  readonly title: string;
  readonly site: string;
  /** Stands at the foot of every page, before its number. */
  readonly foot: string;
  /** "de" or "en". */
  readonly language: string;
  /** Wall milliseconds. */
  readonly now: number;
}

/** A cell of a table: text, or text that has a tone; never told by colour alone. */
export type Cell = string | { readonly text: string; readonly tone: keyof typeof TONES };

/** One column; `share` of the page's width. */
export interface PaperColumn {
  readonly head: string;
  readonly share: number;
}

/** What a paper is signed with. */
export interface PaperSigner {
  readonly name: string;
  readonly sign: (digest: Uint8Array) => Uint8Array;
}

/** A PDF on A4, written from above; pages break by themselves, heads of tables come again, every page has its number. */
export class Paper {
  #pieces: Uint8Array[] = [];
  readonly #ended: Promise<void>;

  private constructor(private readonly pdf: Pdf, private readonly head: PaperHead) {
    pdf.on("data", (bytes) => void this.#pieces.push(bytes));
    this.#ended = new Promise((resolve) => pdf.on("end", resolve));
    pdf.y = MARGIN;
    this.#text(head.title, { size: 20, bold: true });
    this.#text(head.site, { size: 11, color: MUTED });
    this.gap(8);
  }

  /** The library is loaded when the first paper is made: it takes 0.2 s, and most gateways make none for weeks. */
  static async open(head: PaperHead): Promise<Paper> {
    const { default: Document } = await import("pdfkit") as unknown as { default: new (options: object) => Pdf };
    const at = new Date(head.now);
    const info = { Title: head.title, Author: head.site, Creator: "Bulkhead", CreationDate: at, ModDate: at };
    const options = {
      size: "A4",
      margin: 0,
      bufferPages: true,
      lang: head.language,
      displayTitle: true,
      pdfVersion: "1.7",
    };
    return new Paper(new Document({ ...options, info }), head);
  }

  /** A heading that never stands alone at the end of a page: `room` points come with it. */
  heading(text: string, room = 70): void {
    this.#room(room);
    this.gap(10);
    this.#text(text, { size: 13, bold: true });
    this.gap(3);
  }

  /** A paragraph. */
  paragraph(text: string, { isMuted = false } = {}): void {
    this.#text(text, { size: 9.5, ...isMuted ? { color: MUTED } : {} });
    this.gap(3);
  }

  /** Names and values. */
  facts(rows: readonly (readonly [string, string])[]): void {
    for (const [name, value] of rows) {
      this.#row([{ text: name, share: 0.3, color: MUTED }, { text: value, share: 0.7 }]);
    }
    this.gap(4);
  }

  /** A table; a row stands on one page, and its head comes again on each. */
  table(columns: readonly PaperColumn[], rows: readonly (readonly Cell[])[]): void {
    const head = () =>
      this.#row(columns.map(({ head: text, share }) => ({ text, share, bold: true })), { isShaded: true });
    head();
    for (const cells of rows) {
      const line = columns.map(({ share }, at) => {
        const cell = cells[at] ?? "",
          { text, tone } = typeof cell === "string" ? { text: cell, tone: "plain" as const } : cell;
        return { text, share, color: TONES[tone], bold: tone === "bad" };
      });
      if (this.#row(line, { isRuled: true, beforeBreak: head })) continue;
    }
    this.gap(6);
  }

  /** A photo with its line; as wide as half a page, never cut. */
  picture(bytes: Uint8Array, caption: string): void {
    const height = 210;
    this.#room(height + 30);
    this.pdf.image(bytes, MARGIN, this.pdf.y, { fit: [INNER, height] });
    this.pdf.y += height + 4;
    this.#text(caption, { size: 8.5, color: MUTED });
    this.gap(6);
  }

  /** What was drawn by hand: a path within 300 by 100. */
  drawing(path: string): void {
    this.#room(60);
    const { y } = this.pdf;
    this.pdf.save().translate(MARGIN, y).scale(0.5).lineWidth(2.4).strokeColor(INK).path(path).stroke().restore();
    this.pdf.y = y + 54;
  }

  gap(points: number): void {
    this.pdf.y += points;
  }

  /**
   * Ends the paper: with feet, the record inside as a file, and a signature over every byte.
   * @param nonce random, hexadecimal: where the signature comes
   * @throws GatewayError PAPER_TOO_LONG
   */
  async finish(
    record: { readonly name: string; readonly text: string },
    signer: PaperSigner,
    nonce: string,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { pdf, head } = this, bytes = new TextEncoder().encode(record.text);
    const hash = createHash("sha256").update(bytes).digest("hex");
    this.gap(6);
    this.#text(`Record ${record.name} (inside this file), SHA-256 ${hash}`, { size: 7.5, color: MUTED });
    this.#feet();
    pdf.file(bytes, {
      name: record.name,
      type: "application/json",
      relationship: "Data",
      creationDate: new Date(head.now),
    });
    this.#placeSignature(signer.name, nonce);
    pdf.end();
    await this.#ended;
    return fillSignature(concatBytes(this.#pieces), nonce, signer.sign);
  }

  /** An invisible signature field on the last page (ISO 32000-1 section 12.7.4.5). */
  #placeSignature(name: string, nonce: string): void {
    const { pdf, head } = this;
    const signature = pdf.ref({
      ...{ Type: "Sig", Filter: "Adobe.PPKLite", SubFilter: "ETSI.CAdES.detached", ...placeholderOf(nonce) },
      ...{ Name: new String(winAnsi(name)), M: new Date(head.now) },
    });
    signature.end();
    const { dictionary } = pdf.page as { readonly dictionary: { readonly data: Record<string, unknown> } };
    const field = pdf.ref({
      ...{ Type: "Annot", Subtype: "Widget", FT: "Sig", T: new String("Signature1"), Rect: [0, 0, 0, 0], F: 132 },
      ...{ V: signature, P: dictionary },
    });
    field.end();
    const page = pdf.page as { annotations: unknown[] };
    page.annotations.push(field);
    pdf.initForm();
    const { data: form } = pdf._root.data["AcroForm"] as { readonly data: Record<string, unknown> };
    // nothing is to be drawn anew: a viewer that did would change what was signed
    Object.assign(form, { SigFlags: 3, Fields: [field], NeedAppearances: false });
  }

  #feet(): void {
    const { pdf, head } = this, { count } = pdf.bufferedPageRange();
    for (let page = 0; page < count; page++) {
      pdf.switchToPage(page);
      const y = HEIGHT - 40;
      pdf.lineWidth(0.5).strokeColor(LINE).moveTo(MARGIN, y - 8).lineTo(WIDTH - MARGIN, y - 8).stroke();
      const style = { lineBreak: false, width: INNER };
      pdf.font("Helvetica").fontSize(8).fillColor(MUTED).text(winAnsi(head.foot), MARGIN, y, style);
      pdf.text(`${page + 1} / ${count}`, MARGIN, y, { ...style, align: "right" });
    }
  }

  #text(text: string, { size, bold = false, color = INK }: { size: number; bold?: boolean; color?: string }): void {
    const { pdf } = this, shown = winAnsi(text), options = { width: INNER };
    pdf.font(bold ? "Helvetica-Bold" : "Helvetica").fontSize(size);
    this.#room(Math.min(pdf.heightOfString(shown, options), BOTTOM - MARGIN));
    pdf.font(bold ? "Helvetica-Bold" : "Helvetica").fontSize(size).fillColor(color);
    pdf.text(shown, MARGIN, pdf.y, options);
  }

  /** @returns whether it began a new page */
  #row(
    cells: readonly { text: string; share: number; bold?: boolean; color?: string }[],
    { isShaded = false, isRuled = false, beforeBreak }: {
      isShaded?: boolean;
      isRuled?: boolean;
      beforeBreak?: () => void;
    } = {},
  ): boolean {
    const { pdf } = this, pad = 3;
    const fonted = (bold?: boolean) => pdf.font(bold ? "Helvetica-Bold" : "Helvetica").fontSize(9);
    const sized = cells.map((cell) => {
      const text = winAnsi(cell.text), options = { width: INNER * cell.share - 2 * pad };
      return { ...cell, text, options, height: fonted(cell.bold).heightOfString(text, options) };
    });
    const height = Math.min(Math.max(...sized.map((cell) => cell.height)) + 2 * pad, BOTTOM - MARGIN - 30);
    const isNew = this.#room(height);
    if (isNew) beforeBreak?.();
    const top = pdf.y;
    if (isShaded) pdf.rect(MARGIN, top, INNER, height).fill(SHADE);
    let x = MARGIN;
    for (const { text, share, bold, color = INK, options } of sized) {
      fonted(bold).fillColor(color).text(text, x + pad, top + pad, {
        ...options,
        height: height - pad,
        ellipsis: true,
      });
      x += INNER * share;
    }
    if (isRuled) {
      pdf.lineWidth(0.5).strokeColor(LINE).moveTo(MARGIN, top + height).lineTo(WIDTH - MARGIN, top + height).stroke();
    }
    pdf.y = top + height;
    return isNew;
  }

  /** Begins a page when less than this is left. */
  #room(points: number): boolean {
    if (this.pdf.y + points <= BOTTOM) return false;
    if (this.pdf.bufferedPageRange().count >= PAPER_LIMITS.pages) {
      throw new GatewayError("PAPER_TOO_LONG", `A paper has at most ${PAPER_LIMITS.pages} pages`, {
        hint: "Make it of less: one station, one bay",
      });
    }
    this.pdf.addPage();
    this.pdf.y = MARGIN;
    return true;
  }
}
