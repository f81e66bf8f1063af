// Where guesses can be counted: types only. Knows no notation of it.

export interface RedisPlace {
  readonly host: string;
  readonly port: number;
  readonly database: number;
  readonly isTls: boolean;
  readonly user: string | null;
  /** Files: of the password, and of certificates that its own leads to. */
  readonly password: string | null;
  readonly ca: string | null;
}

/** Where guesses are counted; null for nowhere. */
export type ThrottlePlace =
  | { readonly kind: "memory" }
  | { readonly kind: "file"; readonly path: string }
  | ({ readonly kind: "redis" } & RedisPlace)
  | null;
