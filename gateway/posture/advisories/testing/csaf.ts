/** A security advisory as makers publish them; parts may be replaced. For tests. */
export function csaf(
  more: { readonly document?: object; readonly tracking?: object; readonly tree?: object; readonly weakness?: object } =
    {},
) {
  const product = (id: string, name: string) => ({ product_id: id, name });
  return {
    document: {
      category: "csaf_security_advisory",
      csaf_version: "2.0",
      publisher: { category: "vendor", name: "Bender GmbH & Co. KG", namespace: "https://www.bender.de" },
      title: "Passwords can be set without a login",
      notes: [{ category: "summary", text: "A POST sets the password." }],
      references: [{ category: "self", summary: "this", url: "https://www.bender.de/1.json" }],
      tracking: {
        ...{ id: "BSA-2026-001", status: "final", version: "2" },
        ...{ initial_release_date: "2026-05-28T10:00:00.000Z", current_release_date: "2026-06-01T10:00:00.000Z" },
        revision_history: [{ date: "2026-05-28T10:00:00.000Z", number: "1", summary: "first" }],
        ...more.tracking,
      },
      ...more.document,
    },
    product_tree: {
      branches: [{
        category: "vendor",
        name: "Bender GmbH & Co. KG",
        branches: [{
          category: "product_name",
          name: "CC612",
          branches: [
            {
              category: "product_version_range",
              name: "<5.33.11-21500",
              product: product("P-OLD", "CC612 below 5.33.11"),
            },
            { category: "product_version", name: "5.33.11-21500", product: product("P-NEW", "CC612 5.33.11-21500") },
          ],
        }],
      }],
      ...more.tree,
    },
    vulnerabilities: [{
      cve: "CVE-2026-8979",
      notes: [{ category: "description", text: "No login is asked for." }],
      product_status: { known_affected: ["P-OLD"], fixed: ["P-NEW"] },
      scores: [{ products: ["P-OLD"], cvss_v3: { baseScore: 9.8, version: "3.1" } }],
      remediations: [{ category: "vendor_fix", details: "Update to 5.33.11-21500", product_ids: ["P-OLD"] }],
      ...more.weakness,
    }],
  };
}
