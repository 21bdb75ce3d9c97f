// `npm run lock:complete`: npm leaves packages of other platforms out of the lock file when the registry at hand does not
// carry them, and `npm ci` then refuses that lock file. This adds the entries back from what their parents pin. Such an
// entry has no integrity hash: an `npm install` against a registry that carries the package fills it in.
import { readFileSync, writeFileSync } from "node:fs";

/** As much of a package's entry as matters here; what is undefined is not written. */
interface LockEntry extends Partial<Platform> {
  readonly version?: string;
  readonly dev?: boolean | undefined;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Platform {
  readonly cpu: readonly string[];
  readonly libc: readonly string[] | undefined;
  readonly os: readonly string[] | undefined;
}

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: Record<string, LockEntry> }; // npm's own format.
const { packages } = lock;

const SYSTEMS = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const PROCESSORS = ["arm", "arm64", "ia32", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

/** The platform that a name such as "@oxlint/binding-linux-x64-musl" speaks of. */
function platformOf(name: string): Platform {
  const words = name.replace("windows", "win32").replace(/-64$/, "-x64").split(/[/-]/);
  const os = words.filter((word) => SYSTEMS.includes(word));
  const cpu = words.filter((word) => PROCESSORS.includes(word));
  const libc = words.flatMap((word) =>
    word.startsWith("gnu") ? ["glibc"] : word.startsWith("musl") ? ["musl"] : [],
  );
  if (cpu.length !== 1)
    throw new Error(`Cannot complete the lock file: no platform in the name, got ${name}`);
  return { cpu, libc: libc.length > 0 ? libc : undefined, os: os.length > 0 ? os : undefined };
}

/** Where Node looks for a dependency of the package at `path`, nearest first. */
function placesFor(path: string, name: string): string[] {
  const parents = path
    .split("/node_modules/")
    .map((_, index, parts) => parts.slice(0, index + 1).join("/node_modules/"));
  return [...parents.reverse().map((parent) => `${parent}/node_modules/${name}`), `node_modules/${name}`];
}

/** The place that still lacks this package, the one nearest to the root that no other version holds. */
function missingPlace(path: string, name: string, version: string): string | undefined {
  const places = placesFor(path, name);
  const found = places.find((place) => place in packages);
  if (found === undefined) return places.at(-1);
  // A range may be met by what is there; npm judges that. A pinned version is met by itself alone.
  const isMet = !/^\d/.test(version) || packages[found]?.version === version;
  return isMet ? undefined : places[places.indexOf(found) - 1];
}

let added = 0;
for (const [path, { dev, optionalDependencies = {} }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const place = missingPlace(path, name, version);
    if (place === undefined) continue;
    const { os, cpu, libc } = platformOf(name);
    // In npm's own order of names, so that its next run leaves them alone.
    const entry = { version, cpu, dev, libc, optional: true, os };
    packages[place] = entry;
    added += 1;
  }
}

lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, "en")));
writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
console.log(`${added} entries added`);
