/** Messages between a node and its children (ledger/link.ts). */
import { defineSignal } from '@temporalio/workflow';
import { SIGNALS } from '../../protocol/names.ts';
import type { ChildMessage, ParentMessage } from '../ledger/link.ts';

export const leaseSignal = defineSignal<[ChildMessage]>(SIGNALS.lease);
export const grantSignal = defineSignal<[ParentMessage]>(SIGNALS.grant);
