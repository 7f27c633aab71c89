import type { Publication } from "../../../../policies/firmware_publish.ts";
import { KEYS } from "../../../store/keys.ts";
import type { ControlContext } from "../../contract.ts";
import { SealedBook } from "../transfers/sealed_book.ts";
import { TRANSFER_LIMITS } from "../transfers/limits.ts";

/** A publication with all that is needed to go on with it after a restart. */
export interface StoredPublication {
  readonly publication: Publication;
  /** Where the CSMS has it. */
  readonly location: string;
  /** Whose images come from there. */
  readonly vendor: string;
  /** In the URLs of this publication. */
  readonly token: string;
  /** At the end of these URLs; known when it was fetched. */
  readonly fileName?: string;
  readonly startedAt: number;
  readonly endedAt?: number;
}

/** Images that CSMSs had published, sealed: URLs may hold a login, and the tokens stand here. */
export class PublicationBook {
  private constructor(private readonly book: SealedBook<StoredPublication>) {}

  static async open(context: Pick<ControlContext, "sealer" | "store">): Promise<PublicationBook> {
    return new PublicationBook(await SealedBook.open(context, KEYS.firmwarePublication));
  }

  get(id: string): StoredPublication | undefined {
    return this.book.get(id);
  }

  /** Newest first. */
  all(): readonly StoredPublication[] {
    return this.book.all().toSorted((a, b) => b.startedAt - a.startedAt);
  }

  /** Those of a CSMS, or of all, that have not ended. */
  open(csms?: string): readonly StoredPublication[] {
    return this.all().filter(({ publication }) =>
      publication.state !== "ended" && (csms === undefined || publication.csms === csms)
    );
  }

  async put(stored: StoredPublication): Promise<void> {
    const over = this.all().filter(({ publication: { state, telling } }) => state === "ended" && telling.length === 0);
    const old = over.slice(TRANSFER_LIMITS.publications).map(({ publication }) => publication.id);
    await this.book.put(stored.publication.id, stored, old);
  }
}
