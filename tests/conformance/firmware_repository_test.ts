import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { goodRepository, IMAGE, PATH, requireNothing, SHA256, SOURCES } from "../support/repository_sources.ts";
import { tufKey, type TufRepository } from "../support/tuf_repository.ts";

// Attacks of the TUF specification (1.0.31, section 1.5.2) and of Uptane (section 5), against a repository over HTTPS and
// against the same as a bundle file. One test per attack and source, named after the attack.

interface Attack {
  readonly name: string;
  /** Makes the repository what the attacker shows, after the gateway has seen the good one. */
  run(repository: TufRepository): void;
  /** The message of the refusal, or the verdict's. */
  readonly wanted: RegExp;
  /** The gateway sees the attack first: nothing is known that it could compare with. */
  readonly first?: true;
  readonly path?: string;
}

const expired = new Date(Date.now() - 86_400_000);
const ATTACKS: readonly Attack[] = [
  {
    name: "arbitrary installation: an image that nobody signed",
    run: (repository) =>
      repository.files.set(`targets/${repository.pathOf(PATH, IMAGE)}`, new Uint8Array(IMAGE.length)),
    wanted: /the file has SHA-256 [0-9a-f]+: .* signs/,
  },
  {
    name: "arbitrary installation: metadata signed by somebody else's keys",
    run: (repository) => {
      repository.bump();
      repository.vendors["bender"]!.signers = [tufKey()];
      repository.publish();
    },
    wanted: /bender was signed by 0\/1 keys/,
  },
  {
    name: "endless data: an image longer than what is signed",
    run: (repository) =>
      repository.files.set(`targets/${repository.pathOf(PATH, IMAGE)}`, new Uint8Array(IMAGE.length + 1)),
    wanted: /more than the \d+ bytes that the repository signs \(endless data\)/,
  },
  {
    name: "endless data: metadata beyond its limit",
    run: (repository) => repository.files.set("metadata/timestamp.json", new Uint8Array(16_385)),
    wanted: /timestamp.json.*(more than|at most) 16384/,
  },
  {
    name: "truncation: an image shorter than what is signed",
    run: (repository) => repository.files.set(`targets/${repository.pathOf(PATH, IMAGE)}`, IMAGE.subarray(1)),
    wanted: /the file has 94999 bytes: .* signs 95000/,
  },
  {
    name: "bit flip: one bit of the image",
    run: (repository) =>
      repository.files.set(
        `targets/${repository.pathOf(PATH, IMAGE)}`,
        IMAGE.map((byte, at) => at === 50_000 ? byte ^ 1 : byte),
      ),
    wanted: /the file has SHA-256/,
  },
  {
    name: "extraneous dependencies: a file that no role names",
    run: (repository) => repository.files.set("targets/bender/CC613/extra.deb", IMAGE),
    path: "bender/CC613/extra.deb",
    wanted: /has no target "bender\/CC613\/extra.deb" that a role which may name it signs/,
  },
  {
    name: "indefinite freeze: a timestamp that has expired",
    run: (repository) => {
      repository.timestamp.expires = expired;
      repository.bump();
      repository.publish();
    },
    wanted: /timestamp.json is expired.*freeze/,
  },
  {
    name: "indefinite freeze: a role's metadata that has expired",
    run: (repository) => {
      repository.vendors["bender"]!.expires = expired;
      repository.bump();
      repository.publish();
    },
    wanted: /bender.json is expired/,
  },
  {
    name: "mix-and-match: a role's metadata of another publication",
    run: (repository) => {
      const old = repository.files.get("metadata/5.bender.json")!;
      repository.bump();
      repository.publish();
      repository.files.set("metadata/6.bender.json", old);
    },
    wanted: /Version 5 of bender does not match snapshot version 6/,
  },
  {
    name: "rollback: an older timestamp",
    run: (repository) => {
      repository.timestamp.version = 4;
      repository.publish();
    },
    wanted: /New timestamp version 4 is less than current version 5 \(rollback\)/,
  },
  {
    name: "rollback: an older snapshot under a new timestamp",
    run: (repository) => {
      repository.timestamp.version = 6;
      repository.snapshot.version = 4;
      repository.publish();
    },
    wanted: /snapshot version 4 is less than current version 5/,
  },
  {
    name: "rollback: an older role under a new snapshot",
    run: (repository) => {
      repository.timestamp.version = 6;
      repository.snapshot.version = 6;
      repository.vendors["bender"]!.version = 4;
      repository.publish();
    },
    wanted: /version 4 of bender.json is less than current version 5/,
  },
  {
    name: "key compromise: one stolen root key signs a new root",
    run: (repository) => {
      const stolen = repository.root.keys[0]!;
      repository.root.version = 2;
      repository.root.keys = [tufKey(), tufKey(), tufKey()];
      repository.root.signers = [stolen, ...repository.root.keys];
      repository.publish();
    },
    wanted: /root was signed by 1\/2 keys/,
  },
  {
    name: "key compromise: a new root that its own keys did not sign",
    run: (repository) => {
      repository.root.version = 2;
      repository.root.signers = repository.root.keys;
      repository.root.keys = [tufKey(), tufKey(), tufKey()];
      repository.publish();
    },
    wanted: /root was signed by 0\/2 keys/,
  },
  {
    name: "key compromise: a root that lowers itself to one key",
    run: (repository) => {
      repository.root.version = 2;
      repository.root.threshold = 1;
      repository.bump();
      repository.publish();
    },
    wanted: /the root needs 1 of 3 keys: wanted at least 2 of 3/,
  },
  {
    name: "wrong software: a vendor signs an image of another vendor",
    run: (repository) => {
      repository.image("bender", "schneider/EVC/fw.bin", IMAGE);
      repository.bump();
      repository.publish();
    },
    path: "schneider/EVC/fw.bin",
    wanted: /has no target "schneider\/EVC\/fw.bin" that a role which may name it signs/,
  },
  {
    name: "wrong software: an image outside of any vendor's folder",
    run: (repository) => {
      repository.image("bender", "fw.bin", IMAGE);
      repository.bump();
      repository.publish();
    },
    path: "fw.bin",
    wanted: /has no target "fw.bin"/,
  },
  {
    name: "rollback: a properly signed image below the vendor's floor (downgrade)",
    run: (repository) => {
      repository.image("bender", PATH, IMAGE, { version: "5.20.1" });
      repository.bump();
      repository.publish();
    },
    wanted: /version 5.20.1 is below the floor 5.20.2/,
  },
  {
    name: "partial bundle installation: an image without its file",
    run: (repository) => repository.files.delete(`targets/${repository.pathOf(PATH, IMAGE)}`),
    wanted: /has no targets\/|answered with status 404/,
  },
  {
    name: "partial bundle installation: a role's metadata is missing",
    run: (repository) => {
      repository.bump();
      repository.publish();
      repository.files.delete("metadata/6.bender.json");
    },
    wanted: /there is no 6.bender.json/,
  },
  {
    name: "drop request: no timestamp at all",
    run: (repository) => repository.files.delete("metadata/timestamp.json"),
    wanted: /no (metadata\/)?timestamp.json/,
  },
  {
    name: "denial of service: metadata that is no JSON",
    run: (repository) => repository.files.set("metadata/timestamp.json", new TextEncoder().encode("[".repeat(10_000))),
    wanted: /does not prove itself/,
  },
  {
    name: "arbitrary installation: another repository from the start",
    first: true,
    run: (repository) => {
      const other = goodRepository();
      for (const [name, bytes] of other.files) if (name !== "metadata/1.root.json") repository.files.set(name, bytes);
    },
    wanted: /timestamp was signed by 0\/1 keys/,
  },
  {
    name: "arbitrary installation: a claim of the target that is none",
    first: true,
    run: (repository) => {
      repository.image("bender", PATH, IMAGE, { version: ["5.33.2"] });
      repository.publish();
    },
    wanted: /is no image: its custom part names no version/,
  },
];

for (const [where, source] of Object.entries(SOURCES)) {
  for (const attack of ATTACKS) {
    Deno.test(`${attack.name}, from ${where}`, async () => {
      const repository = goodRepository();
      await source(repository, async (at) => {
        if (!attack.first) {
          const { verdict, sha256 } = await at.take() as { verdict: { outcome: string }; sha256: string };
          deepEqual([verdict.outcome, sha256], ["verified", SHA256]);
          await at.rig.call("firmware.demote", { sha256, remove: true });
        }
        attack.run(repository);
        const seen = await Promise.resolve(at.take(attack.path)).then(
          (taken) => {
            const { outcome, why } = (taken as { verdict: { outcome: string; why: string } }).verdict;
            equal(outcome, "refused");
            return why;
          },
          (error) => (error as Error).message + String((error as Error).cause ?? ""),
        );
        match(seen, attack.wanted);
        await requireNothing(at);
      });
    });
  }

  Deno.test(`fast-forward: after a root with new keys, lower versions count again, from ${where}`, async () => {
    const repository = goodRepository();
    await source(repository, async (at) => {
      // the thief of the online keys raises every version to where no real publication ever comes
      for (const role of [repository.timestamp, repository.snapshot]) role.version = 1_000_000;
      await at.take(void repository.publish());
      const before = repository.root.keys;
      repository.root.version = 2;
      for (const role of [repository.timestamp, repository.snapshot]) {
        Object.assign(role, { keys: [tufKey()], version: 2 });
      }
      repository.root.signers = before;
      repository.publish();
      await at.take();
    });
  });

  Deno.test(`key rotation: the chain of roots is followed, each signed by the one before, from ${where}`, async () => {
    const repository = goodRepository();
    await source(repository, async (at) => {
      for (const version of [2, 3, 4]) {
        const before = repository.root.keys;
        repository.root.keys = [tufKey(), ...before.slice(0, 2)];
        repository.root.signers = [...new Set([...before, ...repository.root.keys])];
        repository.root.version = version;
        repository.bump();
        repository.publish();
      }
      const { verdict } = await at.take() as { verdict: { outcome: string; steps: { id: string; detail: string }[] } };
      equal(verdict.outcome, "verified");
      match(verdict.steps.find(({ id }) => id === "tuf")!.detail, /root version 4/);
    });
  });

  Deno.test(`firmware: what was seen survives a restart, so that a rollback is noticed after it, from ${where}`, async () => {
    const repository = goodRepository();
    await source(repository, async (at) => {
      repository.bump();
      repository.publish();
      await at.take();
      await at.rig.restart();
      repository.timestamp.version = 5;
      repository.publish();
      await rejects(at.take() as Promise<unknown>, /rollback/);
    });
  });
}
