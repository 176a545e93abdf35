import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
const b = await chromium.launch({executablePath:'/usr/bin/chromium',args:['--no-sandbox','--disable-gpu']});
const c=await b.newContext({viewport:{width:1440,height:900}}); const p=await c.newPage();
p.on('pageerror',e=>console.log(e.message));
await p.route('**/api/v1/dashboards/many',r=>r.fulfill({json:{status:'success',data:JSON.parse(readFileSync('/tmp/dashui/models/many.json'))}}));
await p.addInitScript(()=>{window.longs=[];new PerformanceObserver(l=>{for(const e of l.getEntries())window.longs.push(Math.round(e.duration))}).observe({type:'longtask',buffered:true});});
const t0=Date.now(); await p.goto('http://127.0.0.1:24401/d/many'); await p.waitForFunction(()=>Object.keys(window.argandPanels??{}).length>=12); console.log('first panels',Date.now()-t0,'ms', await p.evaluate(()=>window.longs)); 
await p.evaluate(()=>{window.longs=[]});
for(let y=0;y<7000;y+=120){await p.mouse.wheel(0,120);await p.waitForTimeout(30);}
await p.waitForTimeout(1500);
console.log('scroll long tasks', await p.evaluate(()=>window.longs), 'canvases', await p.evaluate(()=>document.querySelectorAll('canvas').length));
await b.close();
