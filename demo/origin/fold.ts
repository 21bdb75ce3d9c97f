/**
 * The form in which names are compared: no accents, no case, no doubled spaces. `ø`, `ß` and the like
 * do not decompose, so the common ones are spelled out.
 */
export function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replace(/[øðłđıßæœþ’ʻʼ`]/gu, (letter) => spelledOut[letter] ?? letter)
    .replace(/\s+/gu, " ")
    .trim();
}

const spelledOut: Readonly<Record<string, string>> = {
  ø: "o",
  ð: "d",
  ł: "l",
  đ: "d",
  ı: "i",
  ß: "ss",
  æ: "ae",
  œ: "oe",
  þ: "th",
  "’": "'",
  ʻ: "'",
  ʼ: "'",
  "`": "'",
};
