"""Units in which kitchens count, and their spellings. Inventory converts between units."""

from flux_pipeline.ingest.cells.forms import choice, money, number

# The limit is a hundred tons in grams, as much as a warehouse takes; a larger number is a barcode in the wrong column.
STOCK = number(0, 10**8, fractions=True)
PACK = number(0.001, 10**6)

# A gram of flour costs fractions of a cent.
UNIT_COST = money(decimals=6)

# A pound is the avoirdupois pound and an ounce the avoirdupois ounce (28 g); the German Pfund has to be written 0.5 kg.
# Packings (a case, a bottle) are units too, because an ingredient is counted in what is on the shelf. A word that means
# two units is in neither list: a Dose is a German can and a Portuguese portion.
UNIT = choice(
    {
        "g": "gr,gram,grams,gramm,gramme,grammes,gramo,gramos,grammo,grammi,grama,gramas",
        "kg": "kgs,kilo,kilos,kilogram,kilograms,kilogramm,kilogramme,kilogrammes,kilogramo,kilogramos,chilo,chili,"
        "chilogrammo,chilogrammi,quilo,quilos,quilograma,quilogramas",
        "mg": "milligram,milligrams,milligramm,milligramme,miligramo,miligramos,milligrammo,miligrama",
        "ml": "milliliter,milliliters,millilitre,millilitres,mililitro,mililitros,millilitro,millilitri,cc",
        "cl": "centiliter,centiliters,zentiliter,centilitre,centilitres,centilitro,centilitros,centilitri",
        "dl": "deciliter,deciliters,deziliter,decilitre,decilitres,decilitro,decilitros,decilitri",
        "l": "lt,ltr,liter,liters,litre,litres,litro,litros,litri",
        "oz": "ounce,ounces,unze,unzen,once,onces,onza,onzas,oncia,onça,onças",
        "lb": "lbs,pound,pounds,libra,libras,libbra,libbre",
        "fl_oz": "floz,fluid ounce,fluid ounces",
        "pint": "pt,pints",
        "quart": "qt,quarts",
        "gallon": "gal,gallons,gallone,gallonen,galon,galones,galloni",
        "piece": "pieces,pc,pcs,each,ea,unit,units,item,items,stück,stücke,stk,st,pièce,pièces,unité,unités,pieza,"
        "piezas,pza,unidad,unidades,ud,uds,pezzo,pezzi,pz,unità,stuk,stuks,peça,peças,unidade,un",
        "portion": "portions,serving,servings,portionen,port,porción,porciones,ración,raciones,porzione,porzioni,"
        "portie,porties,porção,porções,doses",
        "slice": "slices,scheibe,scheiben,tranche,tranches,rebanada,rebanadas,loncha,lonchas,fetta,fette,plak,plakken,"
        "fatia,fatias",
        "dozen": "dz,doz,dutzend,douzaine,douzaines,docena,docenas,dozzina,dozzine,dozijn,dúzia,dúzias",
        "bunch": "bunches,bund,bd,botte,bottes,manojo,manojos,mazzo,mazzi,bos,bossen,maço,maços",
        "head": "heads,kopf,köpfe,tête,têtes,cabeza,cabezas,cespo,cespi,krop,kroppen,cabeça,cabeças",
        "clove": "cloves,zehe,zehen,gousse,gousses,diente,dientes,spicchio,spicchi,teen,tenen,dente,dentes",
        "pinch": "pinches,prise,prisen,pincée,pincées,pizca,pizcas,pizzico,pizzichi,snufje,pitada,pitadas",
        "tsp": "teaspoon,teaspoons,tl,teelöffel,càc,cuillère à café,cucharadita,cucharaditas,cucchiaino,cucchiaini,"
        "theelepel,theelepels,colher de chá",
        "tbsp": "tablespoon,tablespoons,el,esslöffel,càs,cuillère à soupe,cucharada,cucharadas,cucchiaio,cucchiai,"
        "eetlepel,eetlepels,colher de sopa",
        "cup": "cups,tasse,tassen,tasses,taza,tazas,tazza,tazze,kopje,kopjes,xícara,xícaras",
        "bottle": "bottles,btl,flasche,flaschen,fl,bouteille,bouteilles,botella,botellas,bottiglia,bottiglie,fles,"
        "flessen,garrafa,garrafas",
        "can": "cans,tin,tins,dosen,boîte,boîtes,lata,latas,lattina,lattine,blik,blikken",
        "jar": "jars,glas,gläser,pot,pots,tarro,tarros,vasetto,vasetti,potje,potjes,frasco,frascos",
        "bag": "bags,beutel,sack,säcke,tüte,tüten,sac,sacs,sachet,sachets,bolsa,bolsas,saco,sacos,sacchetto,sacchetti,"
        "sacco,sacchi,zak,zakken",
        "box": "boxes,schachtel,schachteln,karton,kartons,carton,cartons,caja,cajas,scatola,scatole,doos,caixa,caixas",
        "case": "cases,crate,crates,kiste,kisten,kasten,kästen,caisse,caisses,cassa,casse,krat,kratten,caixote,"
        "caixotes",
        "pack": "packs,package,packages,pkg,pk,packet,packets,packung,packungen,pck,paket,pakete,paquet,paquets,"
        "paquete,paquetes,pacco,pacchi,confezione,confezioni,pak,pakken,pacote,pacotes",
        "tray": "trays,tablett,blech,bleche,plateau,plateaux,bandeja,bandejas,vassoio,vassoi,schaal,tabuleiro",
        "keg": "kegs,fass,fässer,fût,fûts,barril,barriles,fusto,fusti,vat,vaten,barris",
    }
)
