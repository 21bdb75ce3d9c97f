import { expect, test } from "vitest";
import { isSafeMethod } from "../../../src/http/message.ts";

test.each(["GET", "HEAD", "OPTIONS", "TRACE", "QUERY", "PROPFIND", "REPORT", "SEARCH"])(
  "%s asks for no change (RFC 9110, 9.2.1 and 16.1.1)",
  (method) => expect(isSafeMethod(method)).toBe(true),
);

test.each(["POST", "PUT", "PATCH", "DELETE", "MKACTIVITY", "get", "M-SEARCH", ""])(
  "%j may: it is unsafe, or not known",
  (method) => expect(isSafeMethod(method)).toBe(false),
);
