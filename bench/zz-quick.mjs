import { startTestServer } from '/work/main/test/kit/temporal.ts';
import { bundleWorkflows } from '/work/main/worker/bundle.ts';
import { createWorker, quietLogger } from '/work/main/worker/worker.ts';
import { openStore } from '/work/main/store/blobs.ts';
import { createPayloadCodec } from '/work/main/store/payload-codec.ts';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { Client, Connection } from '@temporalio/client';
import { mkdtempSync } from 'node:fs';
import { checkScript } from '/work/main/sandbox/check/index.ts';
import { taskQueueOf } from '/work/main/protocol/names.ts';
Runtime.install({ logger: quietLogger(), shutdownSignals: [] });
const server = await startTestServer();
const bundle = await bundleWorkflows('/work/main/bench/workflows.ts');
const store = openStore(mkdtempSync('/tmp/bt/store-'));
const connection = await NativeConnection.connect({ address: server.address });
const worker = process.env.STUB ? await Worker.create({connection, namespace:'default', taskQueue: taskQueueOf(store.id), workflowBundle: bundle,
  activities: { async model(tag, req){ await new Promise(r=>setTimeout(r,20)); return {kind:'message',text:req.messages.at(-1).text,toolCalls:[],submit:null,finish:'stop',usage:{inputTokens:10,outputTokens:5,usd:0},requestId:null,ms:20,requests:1,notes:[]}}, note: async (t)=>t.notes??[] },
  dataConverter:{payloadCodecs:[createPayloadCodec(store)]}, debugMode:false, stickyQueueScheduleToStartTimeout: 2000, maxConcurrentActivityTaskExecutions:500,
  workflowTaskPollerBehavior: { type: 'autoscaling', minimum: 1, initial: 5, maximum: 20 },
    activityTaskPollerBehavior: { type: 'autoscaling', minimum: 2, initial: 10, maximum: 50 },maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s'}) : await createWorker({ connection, namespace: 'default', store, env: {BRAID_OFFLINE_LATENCY_MS:'20'}, workflowBundle: bundle });
const running = worker.run();
const client = new Client({ connection: await Connection.connect({ address: server.address }), dataConverter: { payloadCodecs: [createPayloadCodec(store)] } });
const request = {model:'offline/echo',system:'You do one piece of work inside a larger program.\n\nYour final text is data for that program: give the result itself, without greeting or comment on your work.',tools:[],schema:null,effort:null,temperature:null,maxOutputTokens:8192,stallMs:60000,tries:3};
export const input = (source, window) => { const c = checkScript(source,{file:'b.js'}); return {source:c.source,sourceHash:'b',name:'b',file:'b.js',meta:c.meta,args:null,hasArgs:false,warnings:[],limits:{concurrency:window,maxCalls:5000,maxRequests:null,maxOutputTokens:null,maxUsd:null,maxTimeMs:null,maxDepth:8,onLimit:'stop'},models:{main:'offline/echo',sub:'offline/echo',aliases:{}},agents:{},workspace:null,seed:'s',engine:'x',strict:false}};
let n=0;
const run = async (type,arg,label)=>{ const id=label+'-'+(++n); const c=process.cpuUsage(); const t=performance.now(); const r = await client.workflow.execute(type,{taskQueue:taskQueueOf(store.id),workflowId:id,args:arg===undefined?[]:[arg],workflowTaskTimeout:5000}); const ms=performance.now()-t; const u=process.cpuUsage(c); 
 const d=await client.workflow.getHandle(id).describe(); console.log(label.padEnd(20),ms.toFixed(0).padStart(6),'cpu',((u.user+u.system)/1000).toFixed(0).padStart(6),'events',d.historyLength,'KB',(Number(d.historySize)/1024).toFixed(0),JSON.stringify(r.value??r), 'rss',(process.memoryUsage().rss/1e6).toFixed(0)); return id};
const fan='return (await parallel(Array.from({ length: 1000 }, (_, i) => () => agent(`item ${i}`)))).filter(Boolean).length';
const pipe='return (await pipeline(Array.from({ length: 333 }, (_, i) => `item ${i}`), (t) => agent(t), (t) => agent(t), (t) => agent(t))).filter(Boolean).length';
const seq='let n = 0; for (let i = 0; i < 100; i++) if (await agent(`item ${i}`)) n++; return n';
const W=+(process.env.W??500);
await run('script',input('return 1',16),'warm'); await run('empty',undefined,'warm');
for(let k=0;k<+(process.env.K??3);k++){
 await run('barePipeline',{count:1000,stages:1,window:W,request},'bare fan');
 await run('script',input(fan,W),'script fan');
 await run('barePipeline',{count:333,stages:3,window:W,request},'bare pipe');
 await run('script',input(pipe,W),'script pipe');
 await run('bareSequence',{count:100,request},'bare seq');
 await run('script',input(seq,W),'script seq');
}
worker.shutdown(); await running; await server.stop(); process.exit(0);
