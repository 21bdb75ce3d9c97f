import { COMMA, isSpace, isToken, memberEnd, trimSpace } from "./fields.ts";

/**
 * What stood after the `=` of a directive: a number where it is written as one and nothing else, the text without its
 * quotes otherwise. `undefined` = the directive stood alone.
 */
export type Argument = number | string | undefined;

/** Takes one directive in. Its name is in lower case; names that mean nothing come too. */
export type Hear<Said> = (said: Said, name: string, argument: Argument) => void;

/** Every name with a meaning, by the last bits of its first letter, the usual ones first. None begins with another. */
const NAMES: readonly (readonly string[])[] = byFirstLetter([
  ...["max-age", "public", "s-maxage", "no-store", "no-cache", "private", "stale-while-revalidate"],
  ...["must-revalidate", "immutable", "stale-if-error", "proxy-revalidate", "must-understand"],
  ...["no-transform", "max-stale", "min-fresh", "only-if-cached"],
]);

const EQUALS = 0x3d;
const ZERO = 0x30;

/** RFC 9110, 5.6.4. */
const QUOTED = /^"(?:[^"\\]|\\.)*"$/;
/** What no argument has outside quotes, with something behind it. */
const BROKEN = /"|[;\s]./;

/**
 * Tells the directives of a Cache-Control in their order (RFC 9111, 5.2). Where one cannot be told, `no-store` is told in
 * its place: it may have been one that forbids storing. Linear in the length of the value.
 */
export function eachDirective<Said>(value: string, said: Said, hear: Hear<Said>): void {
  for (let start = 0; start < value.length; start++) {
    while (start < value.length && isSpace(value.charCodeAt(start))) start++;
    // Nearly all are a known name, alone or with a number. These are read where they stand, each character once.
    const name = knownName(value, start);
    let end = start + name.length;
    let isPlain = name !== "";
    let number: number | undefined;
    if (isPlain && end < value.length && value.charCodeAt(end) === EQUALS) {
      const first = ++end;
      number = 0;
      for (; end < value.length; end++) {
        const digit = value.charCodeAt(end) - ZERO;
        if (digit < 0 || digit > 9) break;
        number = number * 10 + digit;
      }
      isPlain = isShortForm(end - first, value.charCodeAt(first));
    }
    if (isPlain && (end === value.length || value.charCodeAt(end) === COMMA)) hear(said, name, number);
    else {
      end = memberEnd(value, start);
      hearMember(value.slice(start, end), said, hear);
    }
    start = end;
  }
}

/** Whether so many digits are a number as `String` would write it. */
function isShortForm(digits: number, first: number): boolean {
  return digits === 1 || (digits > 1 && digits < 10 && first !== ZERO);
}

function knownName(text: string, start: number): string {
  for (const name of NAMES[text.charCodeAt(start) & 31] ?? []) {
    if (text.slice(start, start + name.length) === name) return name;
  }
  return "";
}

function byFirstLetter(names: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: 32 }, (_, bits) => names.filter((name) => (name.charCodeAt(0) & 31) === bits));
}

/** Tells any directive, in whatever case and form. */
function hearMember<Said>(member: string, said: Said, hear: Hear<Said>): void {
  if (trimSpace(member) === "") return;
  const equals = member.indexOf("=");
  const name = trimSpace(equals < 0 ? member : member.slice(0, equals)).toLowerCase();
  const written = equals < 0 ? undefined : trimSpace(member.slice(equals + 1));
  // What is no directive, has quotes that do not close, or runs on behind its argument, may hide one that forbids storing.
  const isBroken = written !== undefined && BROKEN.test(written) && !QUOTED.test(written);
  if (!isToken(name) || isBroken) hear(said, "no-store", undefined);
  hear(said, name, written === undefined ? undefined : unquote(written));
}

/** RFC 9111, 5.2: recipients accept both the token and the quoted-string form of an argument. */
function unquote(argument: string): string {
  if (argument.length < 2 || !argument.startsWith('"') || !argument.endsWith('"')) return argument;
  const inner = argument.slice(1, -1);
  return inner.includes("\\") ? inner.replaceAll(/\\(.)/g, "$1") : inner;
}
