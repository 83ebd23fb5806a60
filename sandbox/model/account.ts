/** The account's own object. */
import { ACCOUNT_ID, ACCOUNT_NAME } from "../identities.ts";

export const ACCOUNT = { id: ACCOUNT_ID, name: ACCOUNT_NAME };
