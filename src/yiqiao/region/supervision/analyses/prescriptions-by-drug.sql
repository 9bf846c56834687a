-- title: 处方用药前三十名
-- english: The thirty drugs most prescribed
-- chart: bar
-- about: 含该药品的处方数，同一处方只计一次
-- says: Prescriptions with the drug; each counts once
SELECT item.drugName AS drug, count(DISTINCT (app, _key)) AS prescriptions
FROM (SELECT app, _key, unnest(drug) AS item FROM recipe)
GROUP BY ALL ORDER BY prescriptions DESC, drug LIMIT 30
