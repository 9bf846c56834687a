-- title: 开具处方的复诊占比
-- english: Share of visits with a prescription
-- chart: line
-- about: 有处方的复诊占全部复诊的百分比，按月
-- says: Visits with a prescription, percent of all, by month
SELECT month, round(100.0 * count(recipeNo) / count(*), 1) AS percent
FROM visit LEFT JOIN (SELECT DISTINCT app, recipeId AS recipeNo FROM recipe) AS written
  ON written.app = visit.app AND written.recipeNo = visit.recipeId
GROUP BY ALL ORDER BY month
