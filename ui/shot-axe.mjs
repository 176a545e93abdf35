import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
const AXE=readFileSync('node_modules/axe-core/axe.min.js','utf8');
const b = await chromium.launch({executablePath:'/usr/bin/chromium',args:['--no-sandbox','--disable-gpu']});
for (const [look,ctx] of [['light',{colorScheme:'light'}],['dark',{colorScheme:'dark'}],['contrast',{contrast:'more'}],['phone',{colorScheme:'light',w:360}]]) {
 const c=await b.newContext({viewport:{width:ctx.w??1440,height:5000},reducedMotion:'reduce',...ctx}); const p=await c.newPage();
 for (const [path,act] of [['d/every-kind',null],['d/every-kind','time'],['d/every-kind','edit'],['d/every-kind','inspect'],['d/every-kind','job'],['dashboards',null]]) {
  await p.goto('http://127.0.0.1:24401/'+path); await p.waitForTimeout(2500);
  if(act==='time') await p.getByRole('button',{name:/^Time range: /}).click();
  if(act==='job') await p.getByRole('button',{name:/^job/}).click();
  if(act==='edit'||act==='inspect'){ await p.getByRole('button',{name:'Menu of Memory and load'}).click(); await p.getByRole('button',{name:act==='edit'?'Edit':'Inspect data',exact:true}).click(); await p.waitForTimeout(1200);}
  await p.evaluate(AXE); const {violations}=await p.evaluate(()=>window.axe.run());
  for(const v of violations) console.log(look,path,act,v.impact,v.id,v.nodes.slice(0,3).map(n=>n.html.slice(0,140)+' '+(n.any[0]?.message??'').slice(0,160)).join('\n   '));
  const wide=await p.evaluate(()=>document.documentElement.scrollWidth-innerWidth); if(wide>0) console.log(look,path,act,'too wide',wide);
  if(act) await p.screenshot({path:`/tmp/dashui/x-${look}-${act}.png`,clip:{x:0,y:0,width:ctx.w??1440,height:900}});
 }
 await c.close();
}
await b.close();
