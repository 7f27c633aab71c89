import { dueAt, type DueState, dueState, type SaidItem } from "../../../policies/inspection.ts";
import type { Picture } from "../../inventory/plan/picture.ts";
import { Turns } from "../../core/turns.ts";
import { RecordBook } from "../../people/record_book.ts";
import { PhotoStore, type PictureRecord } from "../../photos/photo_store.ts";
import { KEYS } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import { refused } from "../acts.ts";
import { INSPECTION_LIMITS } from "./limits.ts";

/** A list that has to be filled for a subject again and again. */
export interface Assignment {
  readonly template: string;
  /** A station, or "gateway" for the site. */
  readonly subject: string;
  readonly everyDays: number;
  readonly by: string;
  /** Wall milliseconds. */
  readonly at: number;
}

/** A photo of a filled list. */
export interface Photo extends PictureRecord {
  /** What it shows; absent: the whole. */
  readonly item?: string;
  readonly by: string;
  readonly at: number;
}

/** A list as a person filled it. */
export interface Inspection {
  /** "C-12". */
  readonly id: string;
  readonly template: string;
  readonly subject: string;
  readonly said: readonly SaidItem[];
  /** Who looked, by name. */
  readonly person: string;
  /** Who entered it. */
  readonly by: string;
  readonly at: number;
  readonly photos: readonly Photo[];
}

/** An assignment with how it stands. */
export interface DueRow extends Assignment {
  readonly state: DueState;
  readonly dueAt: number;
  readonly last?: Inspection;
}

const keyOf = (template: string, subject: string): string => `${template}\n${subject}`;

/** Assignments, filled lists and their photos: stored and bounded. The newest list of each kind and its photos stay. */
export class InspectionBook {
  readonly turns = new Turns();
  readonly #photos: PhotoStore;
  #next: number;

  private constructor(
    private readonly store: Store,
    private readonly assignments: RecordBook<Assignment>,
    private readonly records: RecordBook<Inspection>,
    next: number,
  ) {
    this.#next = next;
    const isNamed = (sha256: string) =>
      this.records.all().some(({ photos }) => photos.some((one) => one.sha256 === sha256));
    this.#photos = new PhotoStore(store, [...KEYS.inspections, "photo"], isNamed);
  }

  static async open(store: Store): Promise<InspectionBook> {
    const at = (name: string) => [...KEYS.inspections, name];
    const assignments = await RecordBook.open<Assignment>(store, at("assigned"));
    const records = await RecordBook.open<Inspection>(store, at("record"));
    const next = (await store.get<number>(at("next")))?.value ?? 1;
    const book = new InspectionBook(store, assignments, records, next);
    await book.#photos.sweep();
    return book;
  }

  assigned(template: string, subject: string): Assignment | undefined {
    return this.assignments.get(keyOf(template, subject));
  }

  async assign(assignment: Assignment): Promise<void> {
    const key = keyOf(assignment.template, assignment.subject);
    if (!this.assignments.get(key) && this.assignments.size >= INSPECTION_LIMITS.assignments) {
      throw refused(
        `${INSPECTION_LIMITS.assignments} lists are assigned already`,
        "`inspection unassign` takes one away",
      );
    }
    await this.assignments.put(key, assignment);
  }

  /** @returns whether it was assigned */
  async unassign(template: string, subject: string): Promise<boolean> {
    const key = keyOf(template, subject);
    if (!this.assignments.get(key)) return false;
    await this.assignments.remove([key]);
    return true;
  }

  /** Filled lists, the newest first. */
  all(): readonly Inspection[] {
    return this.records.all().toSorted((a, b) => b.at - a.at || Number(b.id.slice(2)) - Number(a.id.slice(2)));
  }

  get(id: string): Inspection | undefined {
    return this.records.get(id);
  }

  newest(template: string, subject: string): Inspection | undefined {
    return this.all().find((one) => one.template === template && one.subject === subject);
  }

  /** Everything that is assigned to somebody who is there, the latest first. */
  due(now: number, isKnown: (subject: string) => boolean): readonly DueRow[] {
    return this.assignments.all().filter(({ subject }) => isKnown(subject)).map((assignment) => {
      const last = this.newest(assignment.template, assignment.subject);
      const facts = { everyDays: assignment.everyDays, assignedAt: assignment.at, doneAt: last?.at };
      return { ...assignment, state: dueState(facts, now), dueAt: dueAt(facts), ...last ? { last } : {} };
    }).toSorted((a, b) => a.dueAt - b.dueAt);
  }

  /**
   * Stores a filled list, with its photo in one commit: a list that wants one is never without. `told` is called when nothing
   * speaks against it any more. @throws GatewayError INCIDENT_REFUSED when there is no room for the photo
   */
  async add(
    filled: Omit<Inspection, "id" | "photos">,
    picture: Picture | undefined,
    told: () => Promise<unknown>,
  ): Promise<Inspection> {
    return await this.turns.run(["inspections"], async () => {
      if (picture && this.#bytesBeside(filled) + picture.bytes.length > INSPECTION_LIMITS.photoBytes) {
        throw noRoom(picture);
      }
      await told();
      const photos = picture ? [{ ...await this.#photos.keep(picture), by: filled.by, at: filled.at }] : [];
      const record: Inspection = { ...filled, id: `C-${this.#next}`, photos };
      const mark = { set: [...KEYS.inspections, "next"], value: this.#next + 1 };
      await this.records.put(record.id, record, [mark]);
      this.#next++;
      await this.#makeRoom(INSPECTION_LIMITS.photoBytes);
      return record;
    });
  }

  /** Adds a photo to a list. @throws GatewayError INCIDENT_REFUSED when it has as many as it may, is gone, or there is no room */
  async addPhoto(id: string, picture: Picture, more: Pick<Photo, "at" | "by" | "item">): Promise<Inspection> {
    return await this.turns.run(["inspections"], async () => {
      const record = this.records.get(id);
      if (!record) throw refused(`${id} has made room for newer lists`, "Fill the list once more");
      if (record.photos.length >= INSPECTION_LIMITS.photos) {
        throw refused(
          `${id} has ${INSPECTION_LIMITS.photos} photos already`,
          "Fill the list once more for further ones",
        );
      }
      if (!await this.#makeRoom(INSPECTION_LIMITS.photoBytes - picture.bytes.length, id)) throw noRoom(picture);
      const kept = await this.#photos.keep(picture);
      const changed = { ...record, photos: [...record.photos, { ...kept, ...more }] };
      await this.records.put(id, changed);
      return changed;
    });
  }

  /** Bytes of photos that stay when a further list of this kind comes: those of the newest list of every other kind. */
  #bytesBeside({ template, subject }: Pick<Inspection, "subject" | "template">): number {
    const kinds = new Set([keyOf(template, subject)]);
    let bytes = 0;
    for (const one of this.all()) {
      const kind = keyOf(one.template, one.subject);
      if (kinds.has(kind)) continue;
      kinds.add(kind);
      for (const photo of one.photos) bytes += photo.bytes;
    }
    return bytes;
  }

  async readPhoto(photo: Photo, of: string): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#photos.read(photo, of);
  }

  /** Removes the oldest lists that are not the newest of their kind. @returns whether photos are within `bytes` then */
  async #makeRoom(bytes: number, but?: string): Promise<boolean> {
    const size = () =>
      this.records.all().reduce((sum, { photos }) => photos.reduce((all, one) => all + one.bytes, sum), 0);
    const spare = () =>
      this.all().toReversed().find((one) => one.id !== but && this.newest(one.template, one.subject)?.id !== one.id);
    while (this.records.size > INSPECTION_LIMITS.records || size() > bytes) {
      const gone = spare();
      if (!gone) return size() <= bytes;
      await this.records.remove([gone.id]);
      for (const { sha256 } of gone.photos) await this.#photos.forget(sha256);
    }
    return true;
  }
}

const noRoom = ({ bytes }: Picture) =>
  refused(
    `There is no room for a photo of ${bytes.length} bytes`,
    "Make it smaller: 1,600 pixels in width show a seal well enough",
  );
