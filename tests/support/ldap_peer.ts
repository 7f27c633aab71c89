import { freePort } from "./free_port.ts";
import { TestCa } from "./test_ca.ts";
import { waitFor } from "./wait_for.ts";

/** OpenLDAP's slapd with people and groups of dc=lab, over TLS on loopback, as a process of the test. */
export class LdapPeer implements AsyncDisposable {
  readonly caPem: string;
  #child: Deno.ChildProcess | undefined;

  private constructor(readonly folder: string, readonly port: number, caPem: string) {
    this.caPem = caPem;
  }

  get url(): string {
    return `ldaps://localhost:${this.port}`;
  }

  static async start(): Promise<LdapPeer> {
    const folder = await Deno.makeTempDir({ prefix: "bulkhead-slapd-" });
    const ca = new TestCa(), { certPem, keyPem } = ca.server(["localhost", "127.0.0.1"]);
    await Deno.mkdir(`${folder}/db`);
    await Deno.writeTextFile(`${folder}/cert.pem`, certPem);
    await Deno.writeTextFile(`${folder}/key.pem`, keyPem, { mode: 0o600 });
    await Deno.writeTextFile(`${folder}/ca.pem`, ca.pem);
    await Deno.writeTextFile(`${folder}/slapd.conf`, configuration(folder));
    await Deno.writeTextFile(`${folder}/people.ldif`, PEOPLE);
    const peer = new LdapPeer(folder, freePort(), ca.pem);
    await peer.#run("/usr/sbin/slapadd", "-f", `${folder}/slapd.conf`, "-l", `${folder}/people.ldif`);
    await peer.resume();
    return peer;
  }

  /** Changes entries as the administrator of the directory. */
  async modify(ldif: string): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/change.ldif`, ldif);
    await this.#run(
      "/usr/bin/ldapmodify",
      "-H",
      this.#socket,
      "-x",
      "-D",
      ADMIN,
      "-w",
      "admin",
      "-f",
      `${this.folder}/change.ldif`,
    );
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    child.kill("SIGTERM");
    await child.output();
  }

  async resume(): Promise<void> {
    const args = ["-f", `${this.folder}/slapd.conf`, "-h", `ldaps://127.0.0.1:${this.port} ${this.#socket}`, "-d", "0"];
    this.#child = new Deno.Command("/usr/sbin/slapd", { args, stdout: "piped", stderr: "piped" }).spawn();
    await waitFor("slapd to listen", async () => {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port: this.port })).close();
        return true;
      } catch (error) {
        if (error instanceof Deno.errors.ConnectionRefused) return false;
        throw error;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.folder, { recursive: true });
  }

  /** A socket for the tests' own changes. */
  get #socket(): string {
    return `ldapi://${encodeURIComponent(`${this.folder}/sock`)}`;
  }

  async #run(tool: string, ...args: string[]): Promise<void> {
    const { code, stderr } = await new Deno.Command(tool, { args, stdout: "piped", stderr: "piped" }).output();
    if (code !== 0) throw new Error(`${tool}: ${new TextDecoder().decode(stderr)}`);
  }
}

/** The account that the gateway searches with, and its password. */
export const SERVICE = { dn: "cn=bulkhead,dc=lab", password: "search only" } as const;
const ADMIN = "cn=admin,dc=lab";

function configuration(folder: string): string {
  return `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile ${folder}/cert.pem
TLSCertificateKeyFile ${folder}/key.pem
database mdb
suffix "dc=lab"
rootdn "${ADMIN}"
rootpw admin
directory ${folder}/db
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${SERVICE.dn}" read by * none
`;
}

const person = (uid: string, cn: string, password: string) =>
  `dn: uid=${uid},ou=people,dc=lab
objectClass: inetOrgPerson
uid: ${uid}
cn: ${cn}
sn: ${cn.split(" ").at(-1)}
userPassword: ${password}
`;

const PEOPLE = `dn: dc=lab
objectClass: dcObject
objectClass: organization
o: lab
dc: lab

dn: ou=people,dc=lab
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=lab
objectClass: organizationalUnit
ou: groups

dn: ${SERVICE.dn}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: bulkhead
userPassword: ${SERVICE.password}

${person("anna", "Anna Berg", "annas password")}
${person("max", "Max Stein", "maxs password")}
dn: cn=field,ou=groups,dc=lab
objectClass: groupOfNames
cn: field
member: uid=anna,ou=people,dc=lab
`;
